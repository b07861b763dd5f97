# Programs on top of the public headers (but bench/kernels.c): cli/**.c is `ocellus`; each examples/*.c, examples/lecture/*.c
# and bench/*.c is one of its own.
# They are linked with the static library: one file to copy, and nothing to look up when it starts.
file(GLOB_RECURSE OC_CLI CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cli/*.c)
if(OC_CLI)
  add_executable(ocellus_program ${OC_CLI})
  set_target_properties(ocellus_program PROPERTIES OUTPUT_NAME ocellus)
  target_link_libraries(ocellus_program PRIVATE ocellus_static)
  if(OC_HAVE_PROTOBUF_C AND OC_PROTOBUF_C_ARCHIVE) # before the shared one, which nothing needs then
    target_link_libraries(ocellus_program PRIVATE ${OC_PROTOBUF_C_ARCHIVE})
  endif()
  target_link_options(ocellus_program PRIVATE -Wl,--as-needed)
  # cli/pages/xo.html is a page as one writes it; the program carries it as a string.
  set(page ${PROJECT_BINARY_DIR}/pages/xo.h)
  add_custom_command(OUTPUT ${page} DEPENDS ${PROJECT_SOURCE_DIR}/cli/pages/xo.html ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    COMMAND ${CMAKE_COMMAND} -DFROM=${PROJECT_SOURCE_DIR}/cli/pages/xo.html -DTO=${page} -DNAME=page
      -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake)
  target_sources(ocellus_program PRIVATE ${page})
  target_include_directories(ocellus_program PRIVATE ${PROJECT_SOURCE_DIR}/cli ${PROJECT_BINARY_DIR})
endif()

add_custom_target(examples)
set(OC_PROGRAM_FOLDERS examples examples/lecture)
if(NOT OCELLUS_SANITIZE)
  list(APPEND OC_PROGRAM_FOLDERS bench)
endif()
foreach(folder ${OC_PROGRAM_FOLDERS})
  file(GLOB found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.c)
  foreach(source ${found})
    get_filename_component(name ${source} NAME_WE)
    string(REPLACE / _ target ${folder}_${name})
    add_executable(${target} ${source})
    set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name}
      RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${folder})
    target_link_libraries(${target} PRIVATE ocellus_static)
    if(folder MATCHES "^examples")
      add_dependencies(examples ${target})
    endif()
    if(folder STREQUAL bench)
      target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src)
    endif()
  endforeach()
endforeach()
# The one that looks inside: it times single kernels.
if(TARGET bench_kernels)
  target_include_directories(bench_kernels PRIVATE ${PROJECT_SOURCE_DIR}/src)
endif()
