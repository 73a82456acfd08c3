/*
 * concurrency::concurrent_vector. Growing is safe beside growing, reading and walking: elements
 * never move, and a walk sees those that were there when it asked for the end.
 */
#ifndef LONGSHORE_CONCURRENT_VECTOR_H
#define LONGSHORE_CONCURRENT_VECTOR_H
#pragma GCC system_header

#include <atomic>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <longshore/crt/parallel/declarations.h>

namespace concurrency {

template <typename T, typename Allocator = std::allocator<T>> class concurrent_vector {
    /* Segment n holds 16 << n elements, so an index finds its place without a lock. */
    static const unsigned first_bits = 4, segments = 44;

public:
    typedef T value_type;
    typedef T &reference;
    typedef const T &const_reference;
    typedef T *pointer;
    typedef std::size_t size_type;
    typedef std::ptrdiff_t difference_type;
    typedef Allocator allocator_type;

    template <bool Constant> class walker {
        typedef
            typename std::conditional<Constant, const concurrent_vector, concurrent_vector>::type
                vector_type;

      public:
        typedef std::random_access_iterator_tag iterator_category;
        typedef T value_type;
        typedef std::ptrdiff_t difference_type;
        typedef typename std::conditional<Constant, const T, T>::type *pointer;
        typedef typename std::conditional<Constant, const T, T>::type &reference;

        walker() : vector_(nullptr), index_(0) {}
        walker(vector_type *vector, size_type index) : vector_(vector), index_(index) {}
        operator walker<true>() const { return walker<true>(vector_, index_); }
        reference operator*() const { return (*vector_)[index_]; }
        pointer operator->() const { return &(*vector_)[index_]; }
        reference operator[](difference_type offset) const
        {
            return (*vector_)[index_ + static_cast<size_type>(offset)];
        }
        walker &operator++() { ++index_; return *this; }
        walker operator++(int) { walker old(*this); ++index_; return old; }
        walker &operator--() { --index_; return *this; }
        walker operator--(int) { walker old(*this); --index_; return old; }
        walker &operator+=(difference_type offset)
        {
            index_ += static_cast<size_type>(offset);
            return *this;
        }
        walker &operator-=(difference_type offset)
        {
            index_ -= static_cast<size_type>(offset);
            return *this;
        }
        friend walker operator+(walker left, difference_type offset) { return left += offset; }
        friend walker operator+(difference_type offset, walker left) { return left += offset; }
        friend walker operator-(walker left, difference_type offset) { return left -= offset; }
        friend difference_type operator-(const walker &left, const walker &right)
        {
            return static_cast<difference_type>(left.index_) -
                   static_cast<difference_type>(right.index_);
        }
        friend bool operator==(const walker &left, const walker &right)
        {
            return left.index_ == right.index_;
        }
        friend bool operator!=(const walker &left, const walker &right)
        {
            return left.index_ != right.index_;
        }
        friend bool operator<(const walker &left, const walker &right)
        {
            return left.index_ < right.index_;
        }
        friend bool operator>(const walker &left, const walker &right)
        {
            return left.index_ > right.index_;
        }
        friend bool operator<=(const walker &left, const walker &right)
        {
            return left.index_ <= right.index_;
        }
        friend bool operator>=(const walker &left, const walker &right)
        {
            return left.index_ >= right.index_;
        }

    private:
        vector_type *vector_;
        size_type index_;
    };
    typedef walker<false> iterator;
    typedef walker<true> const_iterator;

    concurrent_vector() { start(); }
    explicit concurrent_vector(size_type count, const T &item = T())
    {
        start();
        grow_by(count, item);
    }
    concurrent_vector(std::initializer_list<T> items)
    {
        start();
        append(items.begin(), items.end());
    }
    template <typename Iterator,
        typename = typename std::iterator_traits<Iterator>::iterator_category>
    concurrent_vector(Iterator first, Iterator last)
    {
        start();
        append(first, last);
    }
    concurrent_vector(const concurrent_vector &other)
    {
        start();
        append(other.begin(), other.end());
    }
    concurrent_vector &operator=(const concurrent_vector &other)
    {
        if (this != &other) {
            clear();
            append(other.begin(), other.end());
        }
        return *this;
    }
    ~concurrent_vector()
    {
        clear();
        for (unsigned at = 0; at < segments; ++at)
            ::operator delete(static_cast<void *>(segment_[at].load(std::memory_order_relaxed)));
    }

    iterator push_back(const T &item) { return emplace_back(item); }
    iterator push_back(T &&item) { return emplace_back(std::move(item)); }
    template <typename... Arguments> iterator emplace_back(Arguments &&...arguments)
    {
        std::lock_guard<std::mutex> guard(growth_);
        const size_type index = size_.load(std::memory_order_relaxed);
        ::new (static_cast<void *>(room(index))) T(std::forward<Arguments>(arguments)...);
        size_.store(index + 1, std::memory_order_release);
        return iterator(this, index);
    }
    iterator grow_by(size_type count, const T &item = T())
    {
        std::lock_guard<std::mutex> guard(growth_);
        const size_type first = size_.load(std::memory_order_relaxed);
        for (size_type at = first; at < first + count; ++at) {
            ::new (static_cast<void *>(room(at))) T(item);
            size_.store(at + 1, std::memory_order_release);
        }
        return iterator(this, first);
    }
    iterator grow_to_at_least(size_type count, const T &item = T())
    {
        const size_type now = size();
        return now < count ? grow_by(count - now, item) : iterator(this, count);
    }
    reference operator[](size_type index) { return *place(index); }
    const_reference operator[](size_type index) const { return *place(index); }
    reference at(size_type index)
    {
        if (index >= size())
            throw std::out_of_range("concurrent_vector::at");
        return *place(index);
    }
    reference front() { return *place(0); }
    reference back() { return *place(size() - 1); }
    size_type size() const { return size_.load(std::memory_order_acquire); }
    bool empty() const { return size() == 0; }
    void reserve(size_type) {}
    void resize(size_type count, const T &item = T())
    {
        if (count > size())
            grow_by(count - size(), item);
        while (size() > count) {
            const size_type last = size() - 1;
            place(last)->~T();
            size_.store(last, std::memory_order_release);
        }
    }
    /* Like on Windows not safe beside other calls, as are resize to less and assignment. */
    void clear() { resize_to_none(); }
    iterator begin() { return iterator(this, 0); }
    iterator end() { return iterator(this, size()); }
    const_iterator begin() const { return const_iterator(this, 0); }
    const_iterator end() const { return const_iterator(this, size()); }
    const_iterator cbegin() const { return begin(); }
    const_iterator cend() const { return end(); }

private:
    void start()
    {
        for (unsigned at = 0; at < segments; ++at)
            segment_[at].store(nullptr, std::memory_order_relaxed);
    }
    template <typename Iterator> void append(Iterator first, Iterator last)
    {
        for (; first != last; ++first)
            push_back(*first);
    }
    void resize_to_none()
    {
        for (size_type at = size(); at; --at)
            place(at - 1)->~T();
        size_.store(0, std::memory_order_release);
    }
    static unsigned segment_of(size_type index)
    {
        const unsigned long long shifted = (index >> first_bits) + 1;
        return 63u - static_cast<unsigned>(__builtin_clzll(shifted));
    }
    static size_type segment_start(unsigned segment)
    {
        return ((static_cast<size_type>(1) << segment) - 1) << first_bits;
    }
    T *place(size_type index) const
    {
        const unsigned segment = segment_of(index);
        return segment_[segment].load(std::memory_order_acquire) + (index - segment_start(segment));
    }
    T *room(size_type index)
    {
        const unsigned segment = segment_of(index);
        if (!segment_[segment].load(std::memory_order_relaxed)) {
            const size_type count = static_cast<size_type>(1) << (segment + first_bits);
            segment_[segment].store(
                static_cast<T *>(::operator new(count * sizeof(T))), std::memory_order_release);
        }
        return place(index);
    }
    std::mutex growth_;
    std::atomic<size_type> size_{0};
    std::atomic<T *> segment_[segments];
};

} // namespace concurrency

#endif
