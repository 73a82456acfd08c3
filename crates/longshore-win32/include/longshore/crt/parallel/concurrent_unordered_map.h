/*
 * concurrency::concurrent_unordered_map and _multimap: a standard map under a lock. Elements never
 * move and are only erased by the unsafe_ functions, so a found element stays good beside
 * insertions. Walking is only safe while nobody inserts, which is less than Windows promises: its
 * iterators live on a list that insertion extends.
 */
#ifndef LONGSHORE_CONCURRENT_UNORDERED_MAP_H
#define LONGSHORE_CONCURRENT_UNORDERED_MAP_H
#pragma GCC system_header

#include <unordered_map>
#include <longshore/crt/parallel/concurrent_hash.h>

namespace concurrency {

template <typename Key, typename Value, typename Hash = std::hash<Key>,
    typename Equal = std::equal_to<Key>,
    typename Allocator = std::allocator<std::pair<const Key, Value>>>
class concurrent_unordered_map
    : public longshore::concurrent_hash<std::unordered_map<Key, Value, Hash, Equal, Allocator>>
{
    typedef longshore::concurrent_hash<std::unordered_map<Key, Value, Hash, Equal, Allocator>> base;

public:
    typedef Value mapped_type;
    using base::base;
    concurrent_unordered_map() {}

    Value &operator[](const Key &key)
    {
        std::lock_guard<std::mutex> guard(this->lock_);
        return this->items_[key];
    }
    Value &at(const Key &key)
    {
        std::lock_guard<std::mutex> guard(this->lock_);
        return this->items_.at(key);
    }
    const Value &at(const Key &key) const
    {
        std::lock_guard<std::mutex> guard(this->lock_);
        return this->items_.at(key);
    }
};

template <typename Key, typename Value, typename Hash = std::hash<Key>,
    typename Equal = std::equal_to<Key>,
    typename Allocator = std::allocator<std::pair<const Key, Value>>>
class concurrent_unordered_multimap
    : public longshore::concurrent_hash<std::unordered_multimap<Key, Value, Hash, Equal, Allocator>>
{
  public:
    typedef Value mapped_type;
    using longshore::concurrent_hash<
        std::unordered_multimap<Key, Value, Hash, Equal, Allocator>>::concurrent_hash;
    concurrent_unordered_multimap() {}
};

} // namespace concurrency

#endif
