#include "check.h"
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <agents.h>
#include <concurrent_priority_queue.h>
#include <concurrent_queue.h>
#include <concurrent_unordered_map.h>
#include <concurrent_unordered_set.h>
#include <concurrent_vector.h>
#include <ppl.h>

static const int count = 2000, threads = 4;

template <typename Function> static void on_all(Function function)
{
    std::vector<std::thread> all;
    for (int at = 0; at < threads; ++at)
        all.emplace_back([=] { function(at); });
    for (auto &thread : all)
        thread.join();
}

int main()
{
    Concurrency::concurrent_queue<std::unique_ptr<int>> queue;
    std::atomic<long> sum(0);
    on_all([&](int) {
        for (int at = 1; at <= count; ++at)
            queue.push(std::unique_ptr<int>(new int(at)));
        std::unique_ptr<int> item;
        for (int at = 1; at <= count; ++at)
            if (queue.try_pop(item))
                sum += *item;
    });
    CHECK(sum == static_cast<long>(threads) * count * (count + 1) / 2 && queue.empty() && queue.unsafe_size() == 0);

    concurrency::concurrent_vector<int> vector;
    on_all([&](int) {
        for (int at = 0; at < count; ++at) {
            auto place = vector.push_back(7);
            CHECK(*place == 7 && vector[0] == 7);
        }
    });
    long total = 0;
    for (int item : vector)
        total += item;
    CHECK(vector.size() == static_cast<size_t>(threads) * count && total == 7L * threads * count);
    bool thrown = false;
    try {
        vector.at(vector.size());
    } catch (const std::out_of_range &) {
        thrown = true;
    }
    CHECK(thrown);

    concurrency::concurrent_unordered_map<int, std::string> map;
    on_all([&](int which) {
        for (int at = 0; at < count; ++at) {
            map[at * threads + which] = "x";
            CHECK(map.find(at * threads + which) != map.end());
        }
    });
    CHECK(map.size() == static_cast<size_t>(threads) * count && map.count(-1) == 0);
    CHECK(!map.insert(std::make_pair(0, std::string("again"))).second && map.at(0) == "x");
    CHECK(map.unsafe_erase(0) == 1 && map.unsafe_erase(0) == 0);

    concurrency::concurrent_unordered_set<int> set;
    CHECK(set.insert(1).second && !set.insert(1).second && set.contains(1));

    concurrency::concurrent_priority_queue<int> heap;
    heap.push(1), heap.push(3), heap.push(2);
    int top = 0;
    CHECK(heap.try_pop(top) && top == 3 && heap.size() == 2);

    std::atomic<int> calls(0);
    std::vector<std::atomic<int>> seen(100);
    concurrency::parallel_for(0, 100, [&](int at) { ++seen[static_cast<size_t>(at)]; });
    for (auto &each : seen)
        CHECK(each == 1);
    concurrency::parallel_for(0, 10, 3, [&](int) { ++calls; });
    CHECK(calls == 4);
    concurrency::parallel_for_each(vector.begin(), vector.end(), [&](int item) { calls += item; });
    CHECK(calls == 4 + 7 * threads * count);
    concurrency::parallel_invoke([&] { calls = 0; }, [] {});
    CHECK(calls == 0);
    thrown = false;
    try {
        concurrency::parallel_for(0, 10, [](int at) {
            if (at == 5)
                throw std::runtime_error("five");
        });
    } catch (const std::runtime_error &) {
        thrown = true;
    }
    CHECK(thrown);

    concurrency::task_group tasks;
    tasks.run([&] { ++calls; });
    tasks.run([&] { ++calls; });
    CHECK(tasks.wait() == concurrency::completed && calls == 2);

    concurrency::critical_section section;
    concurrency::reader_writer_lock lock;
    int plain = 0, written = 0;
    on_all([&](int) {
        for (int at = 0; at < count; ++at) {
            concurrency::critical_section::scoped_lock held(section);
            ++plain;
        }
        for (int at = 0; at < count; ++at) {
            concurrency::reader_writer_lock::scoped_lock held(lock);
            ++written;
        }
    });
    CHECK(plain == threads * count && written == threads * count);
    {
        concurrency::reader_writer_lock::scoped_lock_read reading(lock);
        CHECK(lock.try_lock_read() && !lock.try_lock());
        lock.unlock();
    }
    CHECK(lock.try_lock() && !lock.try_lock_read());
    lock.unlock();

    concurrency::unbounded_buffer<int> buffer;
    concurrency::send(buffer, 5);
    CHECK(concurrency::receive(buffer) == 5 && !concurrency::try_receive(buffer, plain));
    return checked();
}
