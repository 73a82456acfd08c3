/*
 * The Parallel Patterns Library's loops and task groups, on threads made for the call: as many as
 * processors, the caller among them. An exception thrown by the work is thrown to the caller once
 * all of it has stopped.
 */
#ifndef LONGSHORE_PPL_H
#define LONGSHORE_PPL_H
#pragma GCC system_header

#include <algorithm>
#include <atomic>
#include <exception>
#include <functional>
#include <future>
#include <iterator>
#include <vector>
#include <longshore/crt/parallel/runtime.h>

namespace concurrency {

enum task_group_status { not_complete, completed, canceled };

/* Work for indexes 0 to count, shared out one at a time. */
template <typename Work> inline void longshore_for_each_index(size_t count, const Work &work)
{
    std::atomic<size_t> next(0);
    std::exception_ptr failure;
    std::mutex failure_lock;
    auto worker = [&] {
        for (size_t index; (index = next.fetch_add(1)) < count;) {
            try {
                work(index);
            } catch (...) {
                std::lock_guard<std::mutex> guard(failure_lock);
                if (!failure)
                    failure = std::current_exception();
                next.store(count);
            }
        }
    };
    std::vector<std::thread> threads;
    const size_t most = std::min<size_t>(GetProcessorCount(), count);
    for (size_t made = 1; made < most; ++made)
        threads.emplace_back(worker);
    worker();
    for (auto &thread : threads)
        thread.join();
    if (failure)
        std::rethrow_exception(failure);
}

/* Calls a function for each index, on several threads. [concrt parallel_for] */
template <typename Index, typename Function>
inline void parallel_for(Index first, Index last, Index step, const Function &function)
{
    if (!(first < last) || !(Index() < step))
        return;
    const size_t count = static_cast<size_t>((last - first - 1) / step) + 1;
    longshore_for_each_index(count, [&](size_t index) {
        function(static_cast<Index>(first + static_cast<Index>(index) * step));
    });
}
template <typename Index, typename Function>
inline void parallel_for(Index first, Index last, const Function &function)
{
    parallel_for(first, last, static_cast<Index>(1), function);
}
/* Calls a function for each element. [concrt parallel_for_each] */
template <typename Iterator, typename Function>
inline void parallel_for_each(Iterator first, Iterator last, const Function &function)
{
    std::vector<Iterator> places;
    for (; first != last; ++first)
        places.push_back(first);
    longshore_for_each_index(places.size(), [&](size_t index) { function(*places[index]); });
}
template <typename... Functions> inline void parallel_invoke(const Functions &...functions)
{
    const std::function<void()> all[] = {std::function<void()>(std::cref(functions))...};
    longshore_for_each_index(sizeof...(functions), [&](size_t index) { all[index](); });
}
/* Sorts. [concrt parallel_sort] */
template <typename Iterator>
inline void parallel_sort(Iterator first, Iterator last)
{
    std::sort(first, last);
}
template <typename Iterator, typename Compare>
inline void parallel_sort(Iterator first, Iterator last, const Compare &compare)
{
    std::sort(first, last, compare);
}
/* Computes each element from another. [concrt parallel_transform] */
template <typename From, typename To, typename Function>
inline To parallel_transform(From first, From last, To to, const Function &function)
{
    return std::transform(first, last, to, function);
}
/* Combines all elements. [concrt parallel_reduce] */
template <typename Iterator, typename Value, typename Reduce>
inline Value parallel_reduce(Iterator first, Iterator last, Value value, const Reduce &reduce)
{
    for (; first != last; ++first)
        value = reduce(value, *first);
    return value;
}

/* Each piece of work on a thread of its own; cancel() keeps back what has not begun. */
class task_group {
public:
    task_group() : canceled_(false) {}
    task_group(const task_group &) = delete;
    task_group &operator=(const task_group &) = delete;
    ~task_group() { wait_for_all(); }

    template <typename Function> void run(const Function &function)
    {
        std::lock_guard<std::mutex> guard(lock_);
        tasks_.push_back(std::async(std::launch::async, [this, function] {
            if (!canceled_)
                function();
        }));
    }
    task_group_status wait()
    {
        std::exception_ptr failure = wait_for_all();
        const bool was_canceled = canceled_.exchange(false);
        if (failure)
            std::rethrow_exception(failure);
        return was_canceled ? canceled : completed;
    }
    template <typename Function> task_group_status run_and_wait(const Function &function)
    {
        run(function);
        return wait();
    }
    void cancel() { canceled_ = true; }
    bool is_canceling() { return canceled_; }

private:
    std::exception_ptr wait_for_all()
    {
        std::exception_ptr failure;
        for (;;) {
            std::vector<std::future<void>> waited;
            {
                std::lock_guard<std::mutex> guard(lock_);
                waited.swap(tasks_);
            }
            if (waited.empty())
                return failure;
            for (auto &task : waited) {
                try {
                    task.get();
                } catch (...) {
                    if (!failure)
                        failure = std::current_exception();
                }
            }
        }
    }
    std::atomic<bool> canceled_;
    std::mutex lock_;
    std::vector<std::future<void>> tasks_;
};
typedef task_group structured_task_group;

/* A value per thread, joined at the end. */
template <typename T> class combinable {
public:
    combinable() : make_([] { return T(); }) {}
    template <typename Make> explicit combinable(Make make) : make_(make) {}
    T &local()
    {
        std::lock_guard<std::mutex> guard(lock_);
        for (auto &value : values_)
            if (value.first == std::this_thread::get_id())
                return *value.second;
        values_.emplace_back(std::this_thread::get_id(), std::unique_ptr<T>(new T(make_())));
        return *values_.back().second;
    }
    template <typename Combine> T combine(Combine combine) const
    {
        std::lock_guard<std::mutex> guard(lock_);
        if (values_.empty())
            return make_();
        T result = *values_.front().second;
        for (size_t at = 1; at < values_.size(); ++at)
            result = combine(result, *values_[at].second);
        return result;
    }
    template <typename Function> void combine_each(Function function) const
    {
        std::lock_guard<std::mutex> guard(lock_);
        for (auto &value : values_)
            function(*value.second);
    }
    void clear()
    {
        std::lock_guard<std::mutex> guard(lock_);
        values_.clear();
    }

private:
    std::function<T()> make_;
    mutable std::mutex lock_;
    std::vector<std::pair<std::thread::id, std::unique_ptr<T>>> values_;
};

} // namespace concurrency

#endif
