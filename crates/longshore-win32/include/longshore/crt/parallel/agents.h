/* Of the Agents Library, the message block servers use: unbounded_buffer, with send and receive. */
#ifndef LONGSHORE_AGENTS_H
#define LONGSHORE_AGENTS_H
#pragma GCC system_header

#include <deque>
#include <longshore/crt/parallel/runtime.h>

namespace concurrency {

template <typename T> class unbounded_buffer {
public:
    bool enqueue(const T &item)
    {
        {
            std::lock_guard<std::mutex> guard(lock_);
            items_.push_back(item);
        }
        filled_.notify_one();
        return true;
    }
    T dequeue()
    {
        std::unique_lock<std::mutex> guard(lock_);
        filled_.wait(guard, [this] { return !items_.empty(); });
        T item = std::move(items_.front());
        items_.pop_front();
        return item;
    }
    bool try_dequeue(T &item)
    {
        std::lock_guard<std::mutex> guard(lock_);
        if (items_.empty())
            return false;
        item = std::move(items_.front());
        items_.pop_front();
        return true;
    }

private:
    std::mutex lock_;
    std::condition_variable filled_;
    std::deque<T> items_;
};

/* Puts a message into a buffer. [concrt send, asend] */
template <typename T>
inline bool send(unbounded_buffer<T> &buffer, const T &item)
{
    return buffer.enqueue(item);
}
template <typename T>
inline bool asend(unbounded_buffer<T> &buffer, const T &item)
{
    return buffer.enqueue(item);
}
template <typename T> inline T receive(unbounded_buffer<T> &buffer) { return buffer.dequeue(); }
template <typename T> inline bool try_receive(unbounded_buffer<T> &buffer, T &item)
{
    return buffer.try_dequeue(item);
}

} // namespace concurrency

#endif
