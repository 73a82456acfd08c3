/* What the concurrent hash maps and sets share: a standard container and a lock around every
   call. */
#ifndef LONGSHORE_CRT_CONCURRENT_HASH_H
#define LONGSHORE_CRT_CONCURRENT_HASH_H
#pragma GCC system_header

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <utility>
#include <longshore/crt/parallel/declarations.h>

namespace longshore {

template <typename Container> class concurrent_hash {
public:
    typedef typename Container::key_type key_type;
    typedef typename Container::value_type value_type;
    typedef typename Container::size_type size_type;
    typedef typename Container::iterator iterator;
    typedef typename Container::const_iterator const_iterator;
    typedef typename Container::hasher hasher;
    typedef typename Container::key_equal key_equal;

    concurrent_hash() {}
    concurrent_hash(std::initializer_list<value_type> items) : items_(items) {}
    template <typename Iterator>
    concurrent_hash(Iterator first, Iterator last) : items_(first, last)
    {
    }
    concurrent_hash(const concurrent_hash &other) : items_(other.copy()) {}
    concurrent_hash &operator=(const concurrent_hash &other)
    {
        if (this != &other) {
            Container copied = other.copy();
            std::lock_guard<std::mutex> guard(lock_);
            items_.swap(copied);
        }
        return *this;
    }

    auto insert(const value_type &item) -> decltype(std::declval<Container &>().insert(item))
    {
        std::lock_guard<std::mutex> guard(lock_);
        return items_.insert(item);
    }
    template <typename Item>
    auto insert(Item &&item)
        -> decltype(std::declval<Container &>().insert(std::forward<Item>(item)))
    {
        std::lock_guard<std::mutex> guard(lock_);
        return items_.insert(std::forward<Item>(item));
    }
    template <typename... Arguments>
    auto emplace(Arguments &&...arguments)
        -> decltype(std::declval<Container &>().emplace(std::forward<Arguments>(arguments)...))
    {
        std::lock_guard<std::mutex> guard(lock_);
        return items_.emplace(std::forward<Arguments>(arguments)...);
    }
    iterator find(const key_type &key)
    {
        std::lock_guard<std::mutex> guard(lock_);
        return items_.find(key);
    }
    const_iterator find(const key_type &key) const
    {
        std::lock_guard<std::mutex> guard(lock_);
        return items_.find(key);
    }
    size_type count(const key_type &key) const
    {
        std::lock_guard<std::mutex> guard(lock_);
        return items_.count(key);
    }
    bool contains(const key_type &key) const { return count(key) != 0; }
    size_type size() const
    {
        std::lock_guard<std::mutex> guard(lock_);
        return items_.size();
    }
    bool empty() const { return size() == 0; }
    size_type unsafe_erase(const key_type &key)
    {
        std::lock_guard<std::mutex> guard(lock_);
        return items_.erase(key);
    }
    iterator unsafe_erase(const_iterator at)
    {
        std::lock_guard<std::mutex> guard(lock_);
        return items_.erase(at);
    }
    void clear()
    {
        std::lock_guard<std::mutex> guard(lock_);
        items_.clear();
    }
    void rehash(size_type buckets)
    {
        std::lock_guard<std::mutex> guard(lock_);
        items_.rehash(buckets);
    }
    iterator begin() { return items_.begin(); }
    iterator end() { return items_.end(); }
    const_iterator begin() const { return items_.begin(); }
    const_iterator end() const { return items_.end(); }
    const_iterator cbegin() const { return items_.cbegin(); }
    const_iterator cend() const { return items_.cend(); }

protected:
    Container copy() const
    {
        std::lock_guard<std::mutex> guard(lock_);
        return items_;
    }
    mutable std::mutex lock_;
    Container items_;
};

} // namespace longshore

#endif
