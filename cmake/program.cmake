# The program `ocellus`: cli/*.c on top of the public headers alone.
file(GLOB OC_CLI CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cli/*.c)
if(OC_CLI)
  add_executable(ocellus_program ${OC_CLI})
  set_target_properties(ocellus_program PROPERTIES OUTPUT_NAME ocellus)
  target_link_libraries(ocellus_program PRIVATE ocellus)
endif()
