# The library: every .c file of src. Files of src/ops are compiled twice (float and double); kernels.cmake makes the
# objects of src/kernels, one set for each instruction-set level.
set(OC_FOLDERS base tensor data graph plan formats model train inspect)
foreach(folder ${OC_FOLDERS})
  file(GLOB found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${folder}/*.c)
  list(APPEND OC_SOURCES ${found})
endforeach()
add_library(oc_core OBJECT ${OC_SOURCES})
target_link_libraries(oc_core PUBLIC ${OC_LIBRARIES})

file(GLOB OC_OPS CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/ops/*.c)
add_library(oc_ops_float OBJECT ${OC_OPS})
target_compile_definitions(oc_ops_float PRIVATE OC_OPS_FLOAT=1)
add_library(oc_ops_double OBJECT ${OC_OPS})
target_compile_definitions(oc_ops_double PRIVATE OC_OPS_DOUBLE=1)

set(OC_OBJECTS $<TARGET_OBJECTS:oc_core> $<TARGET_OBJECTS:oc_ops_float> $<TARGET_OBJECTS:oc_ops_double>)
foreach(target ${OC_KERNEL_TARGETS})
  list(APPEND OC_OBJECTS $<TARGET_OBJECTS:${target}>)
endforeach()
add_library(ocellus STATIC ${OC_OBJECTS})
target_include_directories(ocellus PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(ocellus PUBLIC ${OC_LIBRARIES} ${OC_KERNEL_LIBRARIES})
