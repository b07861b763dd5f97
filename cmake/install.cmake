# Headers, both libraries, the program, and what pkg-config and CMake need to find them.
include(CMakePackageConfigHelpers)
set(OC_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/ocellus)
string(JOIN ", " OC_PKGCONFIG_REQUIRES ${OC_PKGCONFIG_LIBRARIES})
configure_file(cmake/ocellus.pc.in ocellus.pc @ONLY)
configure_package_config_file(cmake/ocellus-config.cmake.in ocellus-config.cmake INSTALL_DESTINATION ${OC_CMAKE_DIR})
write_basic_package_version_file(ocellus-config-version.cmake COMPATIBILITY SameMinorVersion)

install(DIRECTORY include/ocellus DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(TARGETS ocellus_static ocellus_shared EXPORT ocellus)
install(EXPORT ocellus NAMESPACE ocellus:: FILE ocellus-targets.cmake DESTINATION ${OC_CMAKE_DIR})
install(FILES ${PROJECT_BINARY_DIR}/ocellus-config.cmake ${PROJECT_BINARY_DIR}/ocellus-config-version.cmake
  DESTINATION ${OC_CMAKE_DIR})
install(FILES ${PROJECT_BINARY_DIR}/ocellus.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(TARGET ocellus_program)
  install(TARGETS ocellus_program)
endif()
