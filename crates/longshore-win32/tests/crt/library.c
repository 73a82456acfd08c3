/* Conversions, time, memory, environment, paths, searching. */
#include "check.h"
#include <direct.h>
#include <io.h>
#include <malloc.h>
#include <process.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timeb.h>
#include <time.h>
#include <wchar.h>

static int backwards(void *context, const void *left, const void *right)
{
    ++*(int *)context;
    return *(const int *)right - *(const int *)left;
}

int main(void)
{
    char text[64], *copy = (char *)1;
    wchar_t wide[32];
    size_t size = 9;
    struct tm parts;
    time_t when = 86400 * 365, bad = -1;

    CHECK(_itoa_s(-42, text, sizeof text, 10) == 0 && strcmp(text, "-42") == 0);
    CHECK(_itoa_s(-1, text, sizeof text, 16) == 0 && strcmp(text, "ffffffff") == 0);
    CHECK(_itoa_s(12345, text, 5, 10) == ERANGE && text[0] == 0);
    CHECK(_itoa_s(1, text, sizeof text, 1) == EINVAL);
    CHECK(_ui64toa_s(~0ull, text, sizeof text, 2) == ERANGE);
    CHECK(strcmp(_i64toa(-9223372036854775807ll - 1, text, 10), "-9223372036854775808") == 0);
    CHECK(_itow_s(255, wide, 32, 16) == 0 && wcscmp(wide, L"ff") == 0);
    CHECK(_atoi64("9000000000") == 9000000000ll && _wtoi(L" 12x") == 12 && _wtoi(L"99999999999") == 0x7FFFFFFF);
    CHECK(_rotl(0x80000001u, 1) == 3 && _byteswap_ulong(0x01020304u) == 0x04030201u);

    CHECK(gmtime_s(&parts, &when) == 0 && parts.tm_year == 71 && parts.tm_mon == 0 && parts.tm_mday == 1);
    CHECK(localtime_s(&parts, &bad) == EINVAL && parts.tm_year == -1);
    CHECK(localtime_s(NULL, &when) == EINVAL && localtime_s(&parts, NULL) == EINVAL);
    gmtime_s(&parts, &when);
    CHECK(_mkgmtime(&parts) == when);
    CHECK(asctime_s(text, 26, &parts) == 0 && strncmp(text, "Fri Jan  1 00:00:00 1971", 24) == 0);
    CHECK(asctime_s(text, 25, &parts) == EINVAL && text[0] == 0);
    CHECK(_strtime_s(text, 9) == 0 && text[2] == ':' && _strdate_s(text, 9) == 0 && text[2] == '/');
    CHECK(_strdate_s(text, 8) == ERANGE && text[0] == 0);
    CHECK(CLOCKS_PER_SEC == 1000 && clock() >= 0);

    {
        char *block = (char *)_aligned_malloc(100, 256);
        CHECK(block && (uintptr_t)block % 256 == 0);
        memcpy(block, "kept", 5);
        block = (char *)_aligned_realloc(block, 100000, 256);
        CHECK(block && (uintptr_t)block % 256 == 0 && strcmp(block, "kept") == 0 && _msize(block) >= 100000);
        _aligned_free(block);
        CHECK(_aligned_malloc(8, 3) == NULL && errno == EINVAL);
    }

    CHECK(_putenv("LONGSHORE_CRT=value") == 0 && getenv_s(&size, text, sizeof text, "LONGSHORE_CRT") == 0);
    CHECK(size == 6 && strcmp(text, "value") == 0);
    CHECK(getenv_s(&size, text, 3, "LONGSHORE_CRT") == ERANGE && size == 6 && text[0] == 0);
    CHECK(_dupenv_s(&copy, &size, "LONGSHORE_CRT") == 0 && strcmp(copy, "value") == 0);
    free(copy);
    CHECK(_putenv_s("LONGSHORE_CRT", "") == 0 && _dupenv_s(&copy, &size, "LONGSHORE_CRT") == 0 && !copy && size == 0);

    {
        char drive[_MAX_DRIVE], directory[_MAX_DIR], name[_MAX_FNAME], extension[_MAX_EXT];
        _splitpath_s("C:\\a b\\c.d\\file.tar.gz", drive, _MAX_DRIVE, directory, _MAX_DIR, name, _MAX_FNAME, extension,
                     _MAX_EXT);
        CHECK(strcmp(drive, "C:") == 0 && strcmp(directory, "\\a b\\c.d\\") == 0);
        CHECK(strcmp(name, "file.tar") == 0 && strcmp(extension, ".gz") == 0);
        CHECK(_splitpath_s("abcdef", NULL, 0, NULL, 0, name, 3, NULL, 0) == ERANGE && name[0] == 0);
        CHECK(_makepath_s(text, sizeof text, "c", "a\\b", "n", "x") == 0 && strcmp(text, "c:a\\b\\n.x") == 0);
        CHECK(_makepath_s(text, 5, "c", "a\\b", "n", "x") == ERANGE && text[0] == 0);
    }

    {
        int numbers[] = {3, 1, 2}, calls = 0, key = 1, *found;
        qsort_s(numbers, 3, sizeof(int), backwards, &calls);
        CHECK(numbers[0] == 3 && numbers[2] == 1 && calls > 0);
        found = (int *)bsearch_s(&key, numbers, 3, sizeof(int), backwards, &calls);
        CHECK(found == &numbers[2]);
        key = 9;
        CHECK(!bsearch_s(&key, numbers, 3, sizeof(int), backwards, &calls));
    }

    {
        FILE *stream = (FILE *)1;
        struct _stat64 status;
        struct _finddata_t entry;
        intptr_t search;
        int descriptor, count = 0;
        CHECK(fopen_s(&stream, "no such directory\\file", "r") == ENOENT && !stream);
        CHECK(_mkdir("folder") == 0 && _access("folder", 0) == 0);
        CHECK(fopen_s(&stream, "folder\\\xED\x95\x9C.TXT", "wt, ccs=UTF-8") == 0 && stream);
        CHECK(fprintf_s(stream, "%d\n", 42) == 3 && fclose(stream) == 0);
        CHECK(_stat64("folder\\\xED\x95\x9C.TXT", &status) == 0 && status.st_size == 3);
        CHECK(_wstat64(L"folder/\xD55C.TXT", &status) == 0 && (status.st_mode & _S_IFMT) == _S_IFREG);
        CHECK(_sopen_s(&descriptor, "folder/b.txt", _O_CREAT | _O_RDWR | _O_BINARY, _SH_DENYNO, _S_IREAD | _S_IWRITE) == 0);
        CHECK(_write(descriptor, "12345", 5) == 5 && _filelength(descriptor) == 5 && _telli64(descriptor) == 5);
        CHECK(_lseeki64(descriptor, 1, SEEK_SET) == 1 && _read(descriptor, text, 10) == 4 && _close(descriptor) == 0);
        CHECK((descriptor = open("folder/b.txt", O_RDWR | O_CREAT | O_APPEND | O_BINARY, 0600)) >= 0 && write(descriptor, "6", 1) == 1);
        CHECK(_get_osfhandle(descriptor) != descriptor && _filelength(descriptor) == 6 && close(descriptor) == 0);
        CHECK(open("folder", O_WRONLY | O_CREAT | O_EXCL, 0600) == -1 && errno == EEXIST);
        for (search = _findfirst("folder\\*.txt", &entry); search != -1 && count < 9; ++count)
            if (_findnext(search, &entry))
                break;
        CHECK(search != -1 && count == 1 && _findclose(search) == 0);
        CHECK(_findfirst("folder\\*.nothing", &entry) == -1 && errno == ENOENT);
        CHECK(_unlink("folder\\b.txt") == 0 && _wremove(L"folder\\\xD55C.TXT") == 0 && _rmdir("folder") == 0);
    }
    CHECK(_setmode(_fileno(stdout), _O_U16TEXT) != -1 && _setmode(0, 12345) == -1);
    CHECK(_getpid() > 0 && system("exit 3") == 3);
    return checked();
}
