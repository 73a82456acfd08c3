/* concurrency::critical_section, reader_writer_lock, event and wait: standard locks under the
   names of ConcRT. */
#ifndef LONGSHORE_CONCRT_H
#define LONGSHORE_CONCRT_H
#pragma GCC system_header

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <longshore/crt/parallel/declarations.h>

namespace concurrency {

const unsigned int COOPERATIVE_TIMEOUT_INFINITE = 0xFFFFFFFFu;
const size_t COOPERATIVE_WAIT_TIMEOUT = static_cast<size_t>(-1);

class critical_section {
public:
    critical_section() {}
    critical_section(const critical_section &) = delete;
    critical_section &operator=(const critical_section &) = delete;
    void lock() { mutex_.lock(); }
    bool try_lock() { return mutex_.try_lock(); }
    void unlock() { mutex_.unlock(); }

    class scoped_lock {
    public:
        explicit scoped_lock(critical_section &section) : section_(section) { section_.lock(); }
        ~scoped_lock() { section_.unlock(); }
        scoped_lock(const scoped_lock &) = delete;
        scoped_lock &operator=(const scoped_lock &) = delete;

    private:
        critical_section &section_;
    };

private:
    std::mutex mutex_;
};

/* Writers first, as ConcRT has it. One unlock for both, because only one kind can hold it. */
class reader_writer_lock {
public:
    reader_writer_lock() {}
    reader_writer_lock(const reader_writer_lock &) = delete;
    reader_writer_lock &operator=(const reader_writer_lock &) = delete;
    void lock()
    {
        std::unique_lock<std::mutex> guard(mutex_);
        ++waiting_writers_;
        changed_.wait(guard, [this] { return readers_ == 0 && !writing_; });
        --waiting_writers_;
        writing_ = true;
    }
    bool try_lock()
    {
        std::lock_guard<std::mutex> guard(mutex_);
        if (readers_ || writing_)
            return false;
        return writing_ = true;
    }
    void lock_read()
    {
        std::unique_lock<std::mutex> guard(mutex_);
        changed_.wait(guard, [this] { return !writing_ && waiting_writers_ == 0; });
        ++readers_;
    }
    bool try_lock_read()
    {
        std::lock_guard<std::mutex> guard(mutex_);
        if (writing_ || waiting_writers_)
            return false;
        ++readers_;
        return true;
    }
    void unlock()
    {
        {
            std::lock_guard<std::mutex> guard(mutex_);
            if (writing_)
                writing_ = false;
            else
                --readers_;
        }
        changed_.notify_all();
    }

    class scoped_lock {
    public:
        explicit scoped_lock(reader_writer_lock &lock) : lock_(lock) { lock_.lock(); }
        ~scoped_lock() { lock_.unlock(); }
        scoped_lock(const scoped_lock &) = delete;
        scoped_lock &operator=(const scoped_lock &) = delete;

    private:
        reader_writer_lock &lock_;
    };
    class scoped_lock_read {
    public:
        explicit scoped_lock_read(reader_writer_lock &lock) : lock_(lock) { lock_.lock_read(); }
        ~scoped_lock_read() { lock_.unlock(); }
        scoped_lock_read(const scoped_lock_read &) = delete;
        scoped_lock_read &operator=(const scoped_lock_read &) = delete;

    private:
        reader_writer_lock &lock_;
    };

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    unsigned int readers_ = 0, waiting_writers_ = 0;
    bool writing_ = false;
};

/* A manual-reset event. */
class event {
public:
    static const unsigned int timeout_infinite = COOPERATIVE_TIMEOUT_INFINITE;
    void set()
    {
        {
            std::lock_guard<std::mutex> guard(mutex_);
            signaled_ = true;
        }
        changed_.notify_all();
    }
    void reset()
    {
        std::lock_guard<std::mutex> guard(mutex_);
        signaled_ = false;
    }
    size_t wait(unsigned int timeout_ms = COOPERATIVE_TIMEOUT_INFINITE)
    {
        std::unique_lock<std::mutex> guard(mutex_);
        if (timeout_ms == COOPERATIVE_TIMEOUT_INFINITE)
            changed_.wait(guard, [this] { return signaled_; });
        else if (!changed_.wait_for(
                     guard, std::chrono::milliseconds(timeout_ms), [this] { return signaled_; }))
            return COOPERATIVE_WAIT_TIMEOUT;
        return 0;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool signaled_ = false;
};

/* Sleeps; the number of processors. [concrt wait, GetProcessorCount] */
inline void wait(unsigned int milliseconds)
{
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}
inline unsigned int GetProcessorCount()
{
    const unsigned int count = std::thread::hardware_concurrency();
    return count ? count : 1;
}

} // namespace concurrency

#endif
