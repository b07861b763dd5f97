# ocellus-heif, the program that decodes HEIC and AVIF (docs/decisions/0044). The library looks for it next to the file that
# holds the library's code, as in a build folder, and in libexec, as that file sees it after `make install`.
foreach(of PROGRAM:BIN LIBRARY:LIB)
  string(REPLACE ":" ";" of ${of})
  list(GET of 0 what)
  list(GET of 1 from)
  file(RELATIVE_PATH path /prefix/${CMAKE_INSTALL_${from}DIR} /prefix/${CMAKE_INSTALL_LIBEXECDIR})
  target_compile_definitions(oc_core PRIVATE OC_LIBEXEC_OF_${what}="${path}")
endforeach()
if(OC_HAVE_HEIF AND NOT OCELLUS_FUZZ) # a fuzz target would wait for it: its answers have a target of their own
  add_executable(oc_heif ${PROJECT_SOURCE_DIR}/helper/heif.c)
  set_target_properties(oc_heif PROPERTIES OUTPUT_NAME ocellus-heif RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
  target_include_directories(oc_heif PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_include_directories(oc_heif SYSTEM PRIVATE ${OC_HEIF_INCLUDE})
  target_link_libraries(oc_heif PRIVATE ${OC_HEIF_LIBRARY})
  if(OCELLUS_SANITIZE) # needs more address space than the program allows itself
    target_compile_options(oc_heif PRIVATE -fno-sanitize=all)
    target_link_options(oc_heif PRIVATE -fno-sanitize=all)
  endif()
  foreach(target ocellus_static ocellus_shared ${OC_INTERNAL})
    add_dependencies(${target} oc_heif)
  endforeach()
endif()
