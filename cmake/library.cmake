# The library: every .c file of src, as libocellus.a and libocellus.so. Files of src/ops are compiled twice (float and
# double); kernels.cmake makes the objects of src/kernels, one set for each instruction-set level.
set(OC_FOLDERS base tensor numeric data graph net plan formats model train inspect draw export)
foreach(folder ${OC_FOLDERS})
  file(GLOB_RECURSE found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${folder}/*.c)
  list(APPEND OC_SOURCES ${found})
endforeach()
if(NOT OC_HAVE_PROTOBUF_C) # files of folders called onnx are made of its messages
  list(FILTER OC_SOURCES EXCLUDE REGEX "/onnx/[^/]*$")
endif()
# src/export/c/templates/x.c.in is C as one writes it; the library carries it as a string, x_template.
file(GLOB found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/export/c/templates/*.c.in)
foreach(from ${found})
  get_filename_component(name ${from} NAME_WE)
  set(to ${PROJECT_BINARY_DIR}/templates/${name}_template.h)
  add_custom_command(OUTPUT ${to} DEPENDS ${from} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    COMMAND ${CMAKE_COMMAND} -DFROM=${from} -DTO=${to} -DNAME=${name}_template -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake)
  list(APPEND OC_SOURCES ${to})
endforeach()
add_library(oc_core OBJECT ${OC_SOURCES})
target_include_directories(oc_core PRIVATE ${PROJECT_BINARY_DIR}/templates)
target_link_libraries(oc_core PUBLIC ${OC_LIBRARIES})
target_compile_definitions(oc_core PRIVATE ${OC_MODULES})
if(OC_PROTO_TARGETS)
  target_include_directories(oc_core SYSTEM PRIVATE ${OC_PROTO_DIR})
  add_dependencies(oc_core ${OC_PROTO_TARGETS})
endif()

file(GLOB OC_OPS CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/ops/*.c)
add_library(oc_ops_float OBJECT ${OC_OPS})
target_compile_definitions(oc_ops_float PRIVATE OC_OPS_FLOAT=1)
add_library(oc_ops_double OBJECT ${OC_OPS})
target_compile_definitions(oc_ops_double PRIVATE OC_OPS_DOUBLE=1)

set(OC_OBJECTS)
foreach(target oc_core oc_ops_float oc_ops_double ${OC_KERNEL_TARGETS} ${OC_PROTO_TARGETS})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  list(APPEND OC_OBJECTS $<TARGET_OBJECTS:${target}>)
endforeach()

# The target `ocellus_static` has the internal symbols too, which the tests use; `ocellus_shared` shows OC_API alone.
add_library(ocellus_static STATIC ${OC_OBJECTS})
add_library(ocellus_shared SHARED ${OC_OBJECTS})
set_target_properties(ocellus_static PROPERTIES OUTPUT_NAME ocellus EXPORT_NAME ocellus_static)
# Before 1.0 each minor version is an ABI of its own: libocellus.so.0.1.
set(OC_SOVERSION ${PROJECT_VERSION_MAJOR})
if(PROJECT_VERSION_MAJOR EQUAL 0)
  set(OC_SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
endif()
set_target_properties(ocellus_shared PROPERTIES OUTPUT_NAME ocellus EXPORT_NAME ocellus
  VERSION ${PROJECT_VERSION} SOVERSION ${OC_SOVERSION} LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/ocellus.map)
target_link_options(ocellus_shared PRIVATE -Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/ocellus.map)
add_library(ocellus::ocellus ALIAS ocellus_shared) # the names that an installed Ocellus has
add_library(ocellus::ocellus_static ALIAS ocellus_static)
foreach(target ocellus_static ocellus_shared)
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endforeach()
target_link_libraries(ocellus_static PUBLIC ${OC_LIBRARIES})
target_link_libraries(ocellus_shared PRIVATE ${OC_LIBRARIES})

# What the tests are linked with: the static library, which with the checks of a sanitizer is so large that a hundred
# programs with a copy each take minutes and gigabytes; there a shared one with the internal symbols.
set(OC_INTERNAL ocellus_static)
if(OCELLUS_SANITIZE AND NOT OCELLUS_FUZZ)
  set(OC_INTERNAL ocellus_internal)
  add_library(ocellus_internal SHARED EXCLUDE_FROM_ALL ${OC_OBJECTS})
  target_link_libraries(ocellus_internal PUBLIC ${OC_LIBRARIES})
  target_include_directories(ocellus_internal PUBLIC ${PROJECT_SOURCE_DIR}/include)
endif()
if(NOT OCELLUS_SANITIZE)
  target_link_options(ocellus_shared PRIVATE -Wl,--no-undefined)
endif()
