// Asio's asynchronous echo server, as in its own examples: one io_context, N threads calling run().
// The request's first byte asks the handler to sleep for 5 ms. Usage: asio_echo THREADS; prints "port N".

#include <asio.hpp>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

using asio::ip::tcp;

namespace {

constexpr std::size_t buffer_bytes = 4096;
constexpr char sleepy = 1;

void handle(const char *request) {
    if (request[0] == sleepy)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

class session : public std::enable_shared_from_this<session> {
public:
    explicit session(tcp::socket socket) : socket_(std::move(socket)) {}

    void receive() {
        auto self = shared_from_this();
        socket_.async_read_some(asio::buffer(buffer_), [this, self](std::error_code error, std::size_t bytes) {
            if (error)
                return;
            handle(buffer_);
            send(bytes);
        });
    }

private:
    void send(std::size_t bytes) {
        auto self = shared_from_this();
        asio::async_write(socket_, asio::buffer(buffer_, bytes), [this, self](std::error_code error, std::size_t) {
            if (!error)
                receive();
        });
    }

    tcp::socket socket_;
    char buffer_[buffer_bytes];
};

void accept(tcp::acceptor &acceptor) {
    acceptor.async_accept([&acceptor](std::error_code error, tcp::socket socket) {
        if (!error) {
            socket.set_option(tcp::no_delay(true), error);
            std::make_shared<session>(std::move(socket))->receive();
        }
        accept(acceptor);
    });
}

} // namespace

int main(int argc, char **argv) {
    const int threads = argc > 1 ? std::atoi(argv[1]) : 1;
    // The hint lets Asio leave out its locks' contention path when there is only one thread.
    asio::io_context context(threads);
    tcp::acceptor acceptor(context);
    acceptor.open(tcp::v4());
    acceptor.bind({asio::ip::address_v4::loopback(), 0});
    acceptor.listen(4096);
    std::printf("port %u\n", static_cast<unsigned>(acceptor.local_endpoint().port()));
    std::fflush(stdout);
    accept(acceptor);

    std::vector<std::thread> others;
    for (int thread = 1; thread < threads; ++thread)
        others.emplace_back([&context] { context.run(); });
    context.run();
    for (auto &other : others)
        other.join();
}
