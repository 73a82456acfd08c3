// libuv's echo server: one loop, one thread, uv_read_start and uv_write.
// The request's first byte asks the handler to sleep for 5 ms. Prints "port N".

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

enum { BUFFER_BYTES = 4096, SLEEPY = 1 };

struct connection {
    uv_tcp_t stream;
    uv_write_t write;
    char buffer[BUFFER_BYTES];
};

static void freed(uv_handle_t *handle) { free(handle->data); }

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buf) {
    (void)suggested;
    struct connection *connection = handle->data;
    *buf = uv_buf_init(connection->buffer, BUFFER_BYTES);
}

static void received(uv_stream_t *stream, ssize_t bytes, const uv_buf_t *buf);

static void sent(uv_write_t *write, int status) {
    struct connection *connection = write->data;
    if (uv_is_closing((uv_handle_t *)&connection->stream))
        return;
    if (status < 0)
        uv_close((uv_handle_t *)&connection->stream, freed);
    else
        uv_read_start((uv_stream_t *)&connection->stream, give_buffer, received);
}

static void received(uv_stream_t *stream, ssize_t bytes, const uv_buf_t *buf) {
    struct connection *connection = stream->data;
    if (bytes == 0)
        return;
    if (bytes < 0) {
        uv_close((uv_handle_t *)stream, freed);
        return;
    }
    if (buf->base[0] == SLEEPY)
        uv_sleep(5);
    uv_buf_t answer = uv_buf_init(buf->base, (unsigned)bytes);
    // The answer leaves from the buffer the next read would fill. Usually it is gone
    // at once; if not, wait for it.
    int written = uv_try_write(stream, &answer, 1);
    if (written == bytes)
        return;
    if (written > 0) {
        answer.base += written;
        answer.len -= (size_t)written;
    }
    uv_read_stop(stream);
    connection->write.data = connection;
    if (uv_write(&connection->write, stream, &answer, 1, sent) != 0)
        uv_close((uv_handle_t *)stream, freed);
}

static void connected(uv_stream_t *listener, int status) {
    if (status < 0)
        return;
    struct connection *connection = malloc(sizeof *connection);
    if (connection == NULL)
        return;
    uv_tcp_init(listener->loop, &connection->stream);
    connection->stream.data = connection;
    if (uv_accept(listener, (uv_stream_t *)&connection->stream) != 0) {
        uv_close((uv_handle_t *)&connection->stream, freed);
        return;
    }
    uv_tcp_nodelay(&connection->stream, 1);
    uv_read_start((uv_stream_t *)&connection->stream, give_buffer, received);
}

int main(void) {
    uv_tcp_t listener;
    struct sockaddr_in address;
    int length = sizeof address;
    uv_tcp_init(uv_default_loop(), &listener);
    uv_ip4_addr("127.0.0.1", 0, &address);
    if (uv_tcp_bind(&listener, (const struct sockaddr *)&address, 0) != 0 ||
        uv_listen((uv_stream_t *)&listener, 4096, connected) != 0 ||
        uv_tcp_getsockname(&listener, (struct sockaddr *)&address, &length) != 0)
        return 1;
    printf("port %u\n", ntohs(address.sin_port));
    fflush(stdout);
    return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
