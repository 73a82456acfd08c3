/* The namespace `concurrency`, its other spelling, and what every PPL header needs. */
#ifndef LONGSHORE_CRT_PARALLEL_H
#define LONGSHORE_CRT_PARALLEL_H
#pragma GCC system_header

#ifdef __cplusplus
namespace concurrency {
}
namespace Concurrency = concurrency;
#endif

#endif
