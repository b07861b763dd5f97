# Programs on top of the public headers (but bench/kernels.c): cli/*.c is `ocellus`; each examples/*.c and bench/*.c is one of its own.
# They are linked with the static library: one file to copy, and nothing to look up when it starts.
file(GLOB OC_CLI CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cli/*.c)
if(OC_CLI)
  add_executable(ocellus_program ${OC_CLI})
  set_target_properties(ocellus_program PROPERTIES OUTPUT_NAME ocellus)
  target_link_libraries(ocellus_program PRIVATE ocellus_static)
endif()

foreach(folder examples bench)
  file(GLOB found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.c)
  foreach(source ${found})
    get_filename_component(name ${source} NAME_WE)
    add_executable(${folder}_${name} ${source})
    set_target_properties(${folder}_${name} PROPERTIES OUTPUT_NAME ${name}
      RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${folder})
    target_link_libraries(${folder}_${name} PRIVATE ocellus_static)
  endforeach()
endforeach()
# The one that looks inside: it times single kernels.
if(TARGET bench_kernels)
  target_include_directories(bench_kernels PRIVATE ${PROJECT_SOURCE_DIR}/src)
endif()
