# Files for TensorBoard: their messages are C made by protoc-c out of src/formats/proto, where protobuf-c is installed.
option(OCELLUS_TENSORBOARD "Write files for TensorBoard, where protobuf-c is installed" ON)
set(OC_HAVE_PROTOBUF_C 0)
set(OC_PROTO_TARGETS)
if(OCELLUS_TENSORBOARD AND NOT OCELLUS_MINIMAL)
  find_program(OC_PROTOC_C protoc-c)
  pkg_check_modules(PROTOBUF_C QUIET IMPORTED_TARGET libprotobuf-c)
  if(OC_PROTOC_C AND PROTOBUF_C_FOUND)
    set(OC_HAVE_PROTOBUF_C 1)
    set(from ${PROJECT_SOURCE_DIR}/src/formats/proto)
    set(OC_PROTO_DIR ${PROJECT_BINARY_DIR}/proto)
    file(MAKE_DIRECTORY ${OC_PROTO_DIR})
    add_custom_command(OUTPUT ${OC_PROTO_DIR}/event.pb-c.c ${OC_PROTO_DIR}/event.pb-c.h
      COMMAND ${OC_PROTOC_C} --proto_path=${from} --c_out=${OC_PROTO_DIR} event.proto
      DEPENDS ${from}/event.proto VERBATIM)
    add_library(oc_proto OBJECT ${OC_PROTO_DIR}/event.pb-c.c)
    target_compile_options(oc_proto PRIVATE -w) # not our code
    target_link_libraries(oc_proto PRIVATE PkgConfig::PROTOBUF_C)
    list(APPEND OC_PROTO_TARGETS oc_proto)
    list(APPEND OC_LIBRARIES PkgConfig::PROTOBUF_C)
    # The program takes what it needs of it into itself, where the archive is (docs/decisions/0022).
    find_library(OC_PROTOBUF_C_ARCHIVE libprotobuf-c.a HINTS ${PROTOBUF_C_LIBRARY_DIRS})
    list(APPEND OC_PC_PRIVATE -lprotobuf-c)
  else()
    message(STATUS "No protobuf-c: built without TensorBoard (Debian: libprotobuf-c-dev, protobuf-c-compiler)")
  endif()
endif()
add_compile_definitions(OC_HAVE_PROTOBUF_C=${OC_HAVE_PROTOBUF_C})
