# For projects that are to be configured as for Windows: cmake -DCMAKE_TOOLCHAIN_FILE=.../toolchain.cmake
#
# WIN32 is true, libraries are DLLs with import libraries, and the compiler is the wrapper. What comes out runs here.

set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR ${CMAKE_HOST_SYSTEM_PROCESSOR})

# The prefix this file was installed in; a checkout has the program where it was built.
find_program(LONGSHORE_PROGRAM longshore
  HINTS "${CMAKE_CURRENT_LIST_DIR}/../../../bin"
        "${CMAKE_CURRENT_LIST_DIR}/../../../target/release"
        "${CMAKE_CURRENT_LIST_DIR}/../../../target/debug"
  REQUIRED)
set(CMAKE_C_COMPILER "${LONGSHORE_PROGRAM}" cc)
set(CMAKE_CXX_COMPILER "${LONGSHORE_PROGRAM}" c++)

# try_run and tests run as they are.
set(CMAKE_CROSSCOMPILING_EMULATOR env)
