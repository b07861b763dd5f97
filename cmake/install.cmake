# Headers, both libraries, the program with its manual page and completions, and what pkg-config and CMake need to find
# them. Nothing that is installed names the folder it was installed to.
include(CMakePackageConfigHelpers)
set(OC_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/ocellus)
file(RELATIVE_PATH OC_PC_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
string(REGEX REPLACE "/$" "" OC_PC_PREFIX "${OC_PC_PREFIX}")
string(JOIN " " OC_PC_PRIVATE ${OC_PC_PRIVATE})
configure_file(cmake/ocellus.pc.in ocellus.pc @ONLY)
set(OC_STATIC_TARGETS ${OC_LIBRARIES})
list(REMOVE_ITEM OC_STATIC_TARGETS m ${CMAKE_DL_LIBS})
string(JOIN " " OC_STATIC_TARGETS ${OC_STATIC_TARGETS})
configure_package_config_file(cmake/ocellus-config.cmake.in ocellus-config.cmake INSTALL_DESTINATION ${OC_CMAKE_DIR})
write_basic_package_version_file(ocellus-config-version.cmake COMPATIBILITY SameMinorVersion)

install(DIRECTORY include/ocellus DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(TARGETS ocellus_shared EXPORT ocellus-shared)
install(TARGETS ocellus_static EXPORT ocellus-static)
foreach(kind shared static) # apart: the shared library needs none of the packages that the static one is linked with
  install(EXPORT ocellus-${kind} NAMESPACE ocellus:: DESTINATION ${OC_CMAKE_DIR})
endforeach()
install(FILES ${PROJECT_BINARY_DIR}/ocellus-config.cmake ${PROJECT_BINARY_DIR}/ocellus-config-version.cmake
  DESTINATION ${OC_CMAKE_DIR})
install(FILES ${PROJECT_BINARY_DIR}/ocellus.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(TARGET oc_heif)
  install(TARGETS oc_heif RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR})
endif()
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# The program writes its manual page and completions itself; this needs a program that runs here.
if(TARGET ocellus_program)
  install(TARGETS ocellus_program)
endif()
if(TARGET ocellus_program AND NOT CMAKE_CROSSCOMPILING)
  set(OC_SHARE ${PROJECT_BINARY_DIR}/share)
  set(OC_WRITTEN "ocellus.1|help --man|${CMAKE_INSTALL_MANDIR}/man1" "ocellus|completion bash|${CMAKE_INSTALL_DATADIR}/bash-completion/completions"
    "_ocellus|completion zsh|${CMAKE_INSTALL_DATADIR}/zsh/site-functions"
    "ocellus.fish|completion fish|${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
  foreach(row ${OC_WRITTEN})
    string(REPLACE "|" ";" row "${row}")
    list(GET row 0 name)
    list(GET row 1 words)
    list(GET row 2 folder)
    separate_arguments(words)
    add_custom_command(OUTPUT ${OC_SHARE}/${name} DEPENDS ocellus_program COMMAND ${CMAKE_COMMAND} -E make_directory ${OC_SHARE}
      COMMAND ocellus_program ${words} > ${OC_SHARE}/${name} VERBATIM)
    list(APPEND OC_SHARED_FILES ${OC_SHARE}/${name})
    install(FILES ${OC_SHARE}/${name} DESTINATION ${folder})
  endforeach()
  add_custom_target(share ALL DEPENDS ${OC_SHARED_FILES})
endif()

# What is installed, without tests, examples and benchmarks.
add_custom_target(product DEPENDS ocellus_static ocellus_shared)
foreach(target ocellus_program share)
  if(TARGET ${target})
    add_dependencies(product ${target})
  endif()
endforeach()
