# The project's own CMake words: jt_library, jt_program, jt_test, jt_fuzzer.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(JT_CCACHE ccache)
if(JT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${JT_CCACHE})
endif()

add_library(jt_warnings INTERFACE)
target_compile_options(jt_warnings INTERFACE -Wall -Wextra -Wconversion -Werror)

# jt_library(NAME SOURCES f.cpp ... USES core formats ... THIRD fmt::fmt ...)
# One folder, one library. USES names our libraries and must be what the layers allow; THIRD names
# CMake targets of other people's libraries. tools/check_layers.py reads these calls.
function(jt_library name)
  cmake_parse_arguments(L "" "" "SOURCES;USES;THIRD" ${ARGN})
  add_library(jt_${name} STATIC ${L_SOURCES})
  add_library(jt::${name} ALIAS jt_${name})
  target_include_directories(jt_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(jt_${name} PRIVATE jt_warnings)
  foreach(used IN LISTS L_USES)
    target_link_libraries(jt_${name} PUBLIC jt::${used})
  endforeach()
  target_link_libraries(jt_${name} PUBLIC ${L_THIRD})
endfunction()

# jt_program(NAME SOURCES ... LINKS targets ...): an executable in build/<preset>/bin.
function(jt_program name)
  cmake_parse_arguments(P "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${P_SOURCES})
  target_link_libraries(${name} PRIVATE jt_warnings ${P_LINKS})
  add_dependencies(programs ${name})
endfunction()

# jt_test(NAME SOURCES ... LINKS targets ... [TIMEOUT s]): GoogleTest cases, each a ctest of its own.
function(jt_test name)
  cmake_parse_arguments(T "" "TIMEOUT" "SOURCES;LINKS" ${ARGN})
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 300)
  endif()
  add_executable(${name} ${T_SOURCES})
  target_link_libraries(${name} PRIVATE jt_warnings jt_test_support ${T_LINKS} GTest::gmock
                                        GTest::gtest_main)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 120
                       PROPERTIES TIMEOUT ${T_TIMEOUT} LABELS ${name})
endfunction()

# jt_fuzzer(NAME SOURCES ... LINKS targets ...): with every compiler a `replay_NAME` that runs the committed
# corpus (fuzz/corpus/NAME) as a test; with JT_WITH_FUZZ (clang) also `fuzz_NAME`, a libFuzzer program.
function(jt_fuzzer name)
  cmake_parse_arguments(F "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(replay_${name} ${F_SOURCES} ${PROJECT_SOURCE_DIR}/fuzz/replay_main.cpp)
  target_link_libraries(replay_${name} PRIVATE jt_warnings ${F_LINKS})
  add_test(NAME replay_${name} COMMAND replay_${name} ${PROJECT_SOURCE_DIR}/fuzz/corpus/${name})
  if(JT_WITH_FUZZ)
    add_executable(fuzz_${name} ${F_SOURCES})
    target_link_libraries(fuzz_${name} PRIVATE jt_warnings ${F_LINKS})
    target_compile_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  endif()
endfunction()

function(jt_add_present_subdirectories folder)
  file(GLOB lists CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/CMakeLists.txt
       ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*/CMakeLists.txt)
  list(SORT lists)
  foreach(file IN LISTS lists)
    get_filename_component(directory ${file} DIRECTORY)
    add_subdirectory(${directory})
  endforeach()
endfunction()
