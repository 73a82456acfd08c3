/*
 * concurrency::concurrent_queue: a standard container under one lock. As on Windows,
 * iteration (unsafe_begin) and clear() are not safe beside other calls.
 */
#ifndef LONGSHORE_CONCURRENT_QUEUE_H
#define LONGSHORE_CONCURRENT_QUEUE_H
#pragma GCC system_header

#include <cstddef>
#include <deque>
#include <mutex>
#include <utility>
#include <longshore/crt/parallel/declarations.h>

namespace concurrency {

template <typename T, typename Allocator = std::allocator<T>> class concurrent_queue {
public:
    typedef T value_type;
    typedef T &reference;
    typedef const T &const_reference;
    typedef std::size_t size_type;
    typedef std::ptrdiff_t difference_type;
    typedef Allocator allocator_type;
    typedef typename std::deque<T, Allocator>::iterator iterator;
    typedef typename std::deque<T, Allocator>::const_iterator const_iterator;

    explicit concurrent_queue(const Allocator &allocator = Allocator()) : items_(allocator) {}
    concurrent_queue(const concurrent_queue &other) : items_(other.copy()) {}
    concurrent_queue(concurrent_queue &&other) : items_(other.take()) {}
    template <typename Iterator>
    concurrent_queue(Iterator first, Iterator last) : items_(first, last)
    {
    }

    void push(const T &item)
    {
        std::lock_guard<std::mutex> guard(lock_);
        items_.push_back(item);
    }
    void push(T &&item)
    {
        std::lock_guard<std::mutex> guard(lock_);
        items_.push_back(std::move(item));
    }
    bool try_pop(T &item)
    {
        std::lock_guard<std::mutex> guard(lock_);
        if (items_.empty())
            return false;
        item = std::move(items_.front());
        items_.pop_front();
        return true;
    }
    bool empty() const
    {
        std::lock_guard<std::mutex> guard(lock_);
        return items_.empty();
    }
    size_type unsafe_size() const
    {
        std::lock_guard<std::mutex> guard(lock_);
        return items_.size();
    }
    void clear()
    {
        std::lock_guard<std::mutex> guard(lock_);
        items_.clear();
    }
    allocator_type get_allocator() const { return items_.get_allocator(); }
    iterator unsafe_begin() { return items_.begin(); }
    iterator unsafe_end() { return items_.end(); }
    const_iterator unsafe_begin() const { return items_.begin(); }
    const_iterator unsafe_end() const { return items_.end(); }

private:
    std::deque<T, Allocator> copy() const
    {
        std::lock_guard<std::mutex> guard(lock_);
        return items_;
    }
    std::deque<T, Allocator> take()
    {
        std::lock_guard<std::mutex> guard(lock_);
        return std::move(items_);
    }
    mutable std::mutex lock_;
    std::deque<T, Allocator> items_;
};

} // namespace concurrency

#endif
