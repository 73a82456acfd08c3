/* concurrency::concurrent_unordered_set and _multiset; see concurrent_unordered_map.h. */
#ifndef LONGSHORE_CONCURRENT_UNORDERED_SET_H
#define LONGSHORE_CONCURRENT_UNORDERED_SET_H
#pragma GCC system_header

#include <unordered_set>
#include <longshore/crt/parallel/concurrent_hash.h>

namespace concurrency {

template <typename Key, typename Hash = std::hash<Key>, typename Equal = std::equal_to<Key>,
          typename Allocator = std::allocator<Key>>
class concurrent_unordered_set
    : public longshore::concurrent_hash<std::unordered_set<Key, Hash, Equal, Allocator>> {
public:
  using longshore::concurrent_hash<
      std::unordered_set<Key, Hash, Equal, Allocator>>::concurrent_hash;
  concurrent_unordered_set() {}
};

template <typename Key, typename Hash = std::hash<Key>, typename Equal = std::equal_to<Key>,
          typename Allocator = std::allocator<Key>>
class concurrent_unordered_multiset
    : public longshore::concurrent_hash<std::unordered_multiset<Key, Hash, Equal, Allocator>> {
public:
  using longshore::concurrent_hash<
      std::unordered_multiset<Key, Hash, Equal, Allocator>>::concurrent_hash;
  concurrent_unordered_multiset() {}
};

} // namespace concurrency

#endif
