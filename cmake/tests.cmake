# Tests by folder; the label of a test is the name of its folder. `ctest -L unit` runs one kind, `ctest -N` lists all.
#   unit kernels gradients fault   test_*.c, one cmocka program each, linked with the static library and its internals
#   cli                            *.sh, run with OCELLUS=path of the program, in an empty folder
#   oracle                         test_*.py, run by .venv with OCELLUS and OCELLUS_LIBRARY
#   page                           test_*.py, which look at pages with a real browser
#   lecture                        run.py, every slide's commands against the slide's figures
#   install, structure             the installed library from outside; the checks of the source tree
set(OC_TESTS_DIR ${PROJECT_SOURCE_DIR}/tests)
set(OC_ENVIRONMENT OCELLUS=${PROJECT_BINARY_DIR}/ocellus OCELLUS_LIBRARY=$<TARGET_FILE:ocellus_shared>
  OCELLUS_SOURCE=${PROJECT_SOURCE_DIR} OCELLUS_BUILD=${PROJECT_BINARY_DIR} OCELLUS_MINIMAL=$<BOOL:${OCELLUS_MINIMAL}>)

# oc_add_test(KIND NAME COMMAND...): runs in an empty folder of its own. The time limit guards against hanging and nothing
# else: the slowest test, the kernels under a sanitizer, takes a twentieth of it on a quiet machine.
function(oc_add_test kind name)
  set(folder ${PROJECT_BINARY_DIR}/tests/${kind}.${name})
  file(MAKE_DIRECTORY ${folder})
  add_test(NAME ${kind}.${name} COMMAND ${ARGN} WORKING_DIRECTORY ${folder})
  set_tests_properties(${kind}.${name} PROPERTIES LABELS ${kind} TIMEOUT 1800 ENVIRONMENT "${OC_ENVIRONMENT}")
endfunction()

# ---- cmocka ---------------------------------------------------------------------------------------------------------
pkg_check_modules(CMOCKA QUIET IMPORTED_TARGET cmocka)
if(NOT CMOCKA_FOUND AND NOT OCELLUS_TESTS STREQUAL AUTO)
  message(FATAL_ERROR "The tests need cmocka: tools/setup.sh test installs it; -DOCELLUS_TESTS=OFF goes without.")
endif()
add_custom_target(tests_threads)
foreach(kind unit kernels gradients fault)
  add_custom_target(tests_${kind}) # builds all of a kind: a preset that runs one kind builds no other
  file(GLOB found CONFIGURE_DEPENDS ${OC_TESTS_DIR}/${kind}/test_*.c)
  if(NOT CMOCKA_FOUND)
    message(STATUS "No cmocka: tests/${kind} is left out")
    set(found)
  endif()
  foreach(source ${found})
    get_filename_component(name ${source} NAME_WE)
    set(program ${kind}_${name})
    add_executable(${program} ${source})
    add_dependencies(tests_${kind} ${program})
    target_include_directories(${program} PRIVATE ${OC_TESTS_DIR} ${PROJECT_SOURCE_DIR}/src)
    if(kind STREQUAL fault)
      target_link_libraries(${program} PRIVATE ocellus_static PkgConfig::CMOCKA) # whose allocations it replaces
    else()
      target_link_libraries(${program} PRIVATE ${OC_INTERNAL} PkgConfig::CMOCKA)
    endif()
    target_compile_options(${program} PRIVATE $<$<CONFIG:Release>:-O1>) # what they call is optimized, and takes the time
    if(kind STREQUAL fault)
      target_sources(${program} PRIVATE ${OC_TESTS_DIR}/fault/alloc.c)
      target_link_options(${program} PRIVATE -Wl,--wrap=posix_memalign)
    endif()
    if(kind STREQUAL kernels) # a test for each instruction-set level, so that they run beside each other
      foreach(level portable avx2 avx512)
        oc_add_test(${kind} ${name}.${level} ${program} ${level})
        set_tests_properties(${kind}.${name}.${level} PROPERTIES SKIP_RETURN_CODE 77 COST 100)
      endforeach()
    else()
      oc_add_test(${kind} ${name} ${program})
    endif()
  endforeach()
endforeach()
# What the thread sanitizer is run on: the pool and the plans, training, and models and sessions used by several threads.
if(CMOCKA_FOUND)
  foreach(test unit.test_pool unit.test_plan unit.test_fused_updates unit.test_fit unit.test_predict unit.test_schedule
      unit.test_async unit.test_model_file unit.test_variables unit.test_async_hash unit.test_model_of_graph unit.test_input
      unit.test_registry unit.test_registry_failures unit.test_fit_resume)
    if(NOT TEST ${test})
      message(FATAL_ERROR "cmake/tests.cmake lists ${test} for the thread sanitizer, but there is no such test.")
    endif()
    set_property(TEST ${test} APPEND PROPERTY LABELS threads)
    string(REPLACE . _ program ${test})
    add_dependencies(tests_threads ${program})
  endforeach()
endif()

# What asks nothing of a build, such as whether another compiler takes the same text: tools/test.sh runs it in one of them.
if(CMOCKA_FOUND)
  set_property(TEST unit.test_export_c_presets APPEND PROPERTY LABELS once)
endif()

# ---- the program ----------------------------------------------------------------------------------------------------
file(GLOB found CONFIGURE_DEPENDS ${OC_TESTS_DIR}/cli/*.sh)
foreach(source ${found})
  get_filename_component(name ${source} NAME_WE)
  if(TARGET ocellus_program AND NOT name MATCHES "^_") # _*.sh is read by others
    oc_add_test(cli ${name} bash ${source})
  endif()
endforeach()

# ---- allocations of the whole process, in every library ---------------------------------------------------------------
if(TARGET ocellus_program AND NOT OCELLUS_SANITIZE AND NOT OCELLUS_MINIMAL) # a sanitizer has an allocator of its own
  add_library(exhaust MODULE ${OC_TESTS_DIR}/fault/exhaust.c)
  set_target_properties(exhaust PROPERTIES C_VISIBILITY_PRESET default)
  oc_add_test(fault process_memory python3 -B ${OC_TESTS_DIR}/fault/test_process_memory.py)
  set_property(TEST fault.process_memory APPEND PROPERTY ENVIRONMENT OCELLUS_EXHAUST=$<TARGET_FILE:exhaust>)
endif()

# ---- outside oracles ------------------------------------------------------------------------------------------------
set(OC_PYTHON ${PROJECT_SOURCE_DIR}/.venv/bin/python)
# Run single operations, small graphs in a session, and transforms of images, on arrays from a pipe, for the scripts.
foreach(runner op_runner graph_runner augment_runner)
  add_executable(${runner} ${OC_TESTS_DIR}/oracle/${runner}.c)
  target_include_directories(${runner} PRIVATE ${OC_TESTS_DIR} ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${runner} PRIVATE ocellus_static)
endforeach()
file(GLOB found CONFIGURE_DEPENDS ${OC_TESTS_DIR}/oracle/test_*.py)
if(OCELLUS_TESTS STREQUAL AUTO AND NOT EXISTS ${OC_PYTHON})
  message(STATUS "No .venv: tests/oracle is left out; tools/python.sh makes it")
  set(found)
endif()
foreach(source ${found})
  get_filename_component(name ${source} NAME_WE)
  oc_add_test(oracle ${name} ${OC_PYTHON} -B ${source})
  set_property(TEST oracle.${name} APPEND PROPERTY ENVIRONMENT OCELLUS_OP_RUNNER=$<TARGET_FILE:op_runner>
    OCELLUS_GRAPH_RUNNER=$<TARGET_FILE:graph_runner> OCELLUS_AUGMENT_RUNNER=$<TARGET_FILE:augment_runner>)
  set_tests_properties(oracle.${name} PROPERTIES SKIP_RETURN_CODE 77)
endforeach()

# ---- pages, in a browser ---------------------------------------------------------------------------------------------
# They leave screenshots in the build folder, and say SKIPPED where there is no Chromium.
file(GLOB found CONFIGURE_DEPENDS ${OC_TESTS_DIR}/page/test_*.py)
if(OCELLUS_TESTS STREQUAL AUTO AND NOT EXISTS ${OC_PYTHON})
  message(STATUS "No .venv: tests/page is left out; tools/python.sh makes it")
  set(found)
endif()
foreach(source ${found})
  get_filename_component(name ${source} NAME_WE)
  oc_add_test(page ${name} ${OC_PYTHON} -B ${source})
  set_tests_properties(page.${name} PROPERTIES SKIP_RETURN_CODE 77)
endforeach()

# ---- the lecture, row by row ----------------------------------------------------------------------------------------
if(TARGET ocellus_program)
  oc_add_test(lecture rows python3 -B ${OC_TESTS_DIR}/lecture/run.py --report rows.txt)
  set_tests_properties(lecture.rows PROPERTIES TIMEOUT 1800)
endif()

# ---- what the program loads -----------------------------------------------------------------------------------------
if(TARGET ocellus_program AND NOT OCELLUS_SANITIZE AND (NOT OC_HAVE_PROTOBUF_C OR OC_PROTOBUF_C_ARCHIVE))
  oc_add_test(structure needed bash ${OC_TESTS_DIR}/structure/needed.sh $<TARGET_FILE:ocellus_program>)
endif()

# ---- headers, symbols, structure ------------------------------------------------------------------------------------
find_program(OC_CXX NAMES g++ clang++)
file(GLOB found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/ocellus/*.h)
foreach(header ${found})
  get_filename_component(name ${header} NAME_WE)
  set(flags -fsyntax-only -Wall -Wextra -Wpedantic -Werror -I${PROJECT_SOURCE_DIR}/include)
  file(CONFIGURE OUTPUT tests/header_${name}.c CONTENT "#include <ocellus/${name}.h>\n#include <ocellus/${name}.h>\n")
  set(source ${PROJECT_BINARY_DIR}/tests/header_${name}.c)
  oc_add_test(structure header_${name}_c11 ${CMAKE_C_COMPILER} -x c -std=c11 ${flags} ${source})
  if(OC_CXX)
    oc_add_test(structure header_${name}_cxx ${OC_CXX} -x c++ -std=c++11 ${flags} ${source})
  elseif(NOT OCELLUS_TESTS STREQUAL AUTO)
    message(FATAL_ERROR "The header tests need g++: tools/setup.sh test installs it.")
  endif()
endforeach()
# Every public function with NULL.
set(calls ${PROJECT_BINARY_DIR}/tests/null_calls.c)
add_custom_command(OUTPUT ${calls} DEPENDS ${OC_TESTS_DIR}/api/null_calls.py ${found}
  COMMAND python3 ${OC_TESTS_DIR}/api/null_calls.py ${PROJECT_SOURCE_DIR}/include/ocellus > ${calls})
add_executable(null_calls ${calls})
target_link_libraries(null_calls PRIVATE ocellus_static)
target_compile_options(null_calls PRIVATE -O0)
oc_add_test(structure null_calls null_calls)
# Sizes that no memory holds: a sanitizer's allocator is to answer as the system's does.
set_property(TEST structure.null_calls APPEND PROPERTY ENVIRONMENT ASAN_OPTIONS=allocator_may_return_null=1
  TSAN_OPTIONS=allocator_may_return_null=1)
set(run)
if(OCELLUS_SANITIZE)
  set(run --no-run) # a program of a stranger's would need the sanitizer's library too
endif()
oc_add_test(structure samples python3 -B ${OC_TESTS_DIR}/structure/test_samples.py ${CMAKE_C_COMPILER} "${OC_CXX}"
  $<TARGET_FILE:ocellus_shared> ${run})
oc_add_test(structure source python3 ${PROJECT_SOURCE_DIR}/tools/check-structure.py)
oc_add_test(structure strings python3 -B ${OC_TESTS_DIR}/structure/test_strings.py)
oc_add_test(structure bad_files python3 -B ${OC_TESTS_DIR}/structure/test_bad_files.py)
oc_add_test(structure source_checker python3 ${OC_TESTS_DIR}/structure/test_check_structure.py)
oc_add_test(structure headers python3 ${PROJECT_SOURCE_DIR}/tools/check-headers.py)
oc_add_test(structure headers_checker python3 ${OC_TESTS_DIR}/structure/test_check_headers.py)
oc_add_test(structure prose python3 ${PROJECT_SOURCE_DIR}/tools/check-prose.py)
oc_add_test(structure prose_checker python3 ${OC_TESTS_DIR}/structure/test_check_prose.py)
if(NOT OCELLUS_SANITIZE)
  oc_add_test(structure order python3 ${PROJECT_SOURCE_DIR}/tools/check-order.py ${PROJECT_BINARY_DIR})
  oc_add_test(structure symbols python3 ${PROJECT_SOURCE_DIR}/tools/check-symbols.py $<TARGET_FILE:ocellus_shared>)
  oc_add_test(install outside bash ${OC_TESTS_DIR}/install/run.sh)
  # Builds a copy of the tree, once, without optimization.
  oc_add_test(structure additions python3 -B ${OC_TESTS_DIR}/structure/test_additions.py ${PROJECT_SOURCE_DIR}
    ${CMAKE_C_COMPILER} ${CMAKE_C_COMPILER_LAUNCHER})
  set_tests_properties(structure.additions PROPERTIES COST 90)
endif()

# ---- the longest first, so that no core waits at the end ----------------------------------------------------------------
foreach(test cli.test_pages lecture.rows fault.process_memory cli.test_largest_values cli.test_lecture_examples cli.test_train)
  if(TEST ${test})
    set_tests_properties(${test} PROPERTIES COST 90)
  endif()
endforeach()
