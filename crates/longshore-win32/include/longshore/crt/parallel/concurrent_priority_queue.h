/* concurrency::concurrent_priority_queue: a heap under one lock. */
#ifndef LONGSHORE_CONCURRENT_PRIORITY_QUEUE_H
#define LONGSHORE_CONCURRENT_PRIORITY_QUEUE_H
#pragma GCC system_header

#include <algorithm>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>
#include <longshore/crt/parallel/declarations.h>

namespace concurrency {

template <typename T, typename Compare = std::less<T>, typename Allocator = std::allocator<T>>
class concurrent_priority_queue {
public:
    typedef T value_type;
    typedef T &reference;
    typedef const T &const_reference;
    typedef std::size_t size_type;
    typedef Allocator allocator_type;

    concurrent_priority_queue() {}
    explicit concurrent_priority_queue(size_type capacity) { heap_.reserve(capacity); }
    template <typename Iterator>
    concurrent_priority_queue(Iterator first, Iterator last) : heap_(first, last)
    {
        std::make_heap(heap_.begin(), heap_.end(), Compare());
    }

    void push(const T &item) { emplace(item); }
    void push(T &&item) { emplace(std::move(item)); }
    template <typename... Arguments> void emplace(Arguments &&...arguments)
    {
        std::lock_guard<std::mutex> guard(lock_);
        heap_.emplace_back(std::forward<Arguments>(arguments)...);
        std::push_heap(heap_.begin(), heap_.end(), Compare());
    }
    bool try_pop(T &item)
    {
        std::lock_guard<std::mutex> guard(lock_);
        if (heap_.empty())
            return false;
        std::pop_heap(heap_.begin(), heap_.end(), Compare());
        item = std::move(heap_.back());
        heap_.pop_back();
        return true;
    }
    bool empty() const
    {
        std::lock_guard<std::mutex> guard(lock_);
        return heap_.empty();
    }
    size_type size() const
    {
        std::lock_guard<std::mutex> guard(lock_);
        return heap_.size();
    }
    void clear()
    {
        std::lock_guard<std::mutex> guard(lock_);
        heap_.clear();
    }

private:
    mutable std::mutex lock_;
    std::vector<T, Allocator> heap_;
};

} // namespace concurrency

#endif
