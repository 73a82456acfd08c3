//! What every connected stream can do: one macro, so that TCP and Unix sockets read alike.

macro_rules! stream {
    ($name:ident) => {
        impl $name {
            /// Receives what is there, at least one byte, in a buffer of the runtime's pool; an empty one is
            /// the end of the stream. While it waits, the connection holds no buffer.
            ///
            /// Cancel-safe: what comes after this future was dropped is the next one's.
            ///
            /// # Errors
            /// What the system says, such as `ConnectionReset`; it lasts for every later receive.
            pub async fn recv(&self) -> std::io::Result<longshore::Buf> {
                self.connection.receive(|key, context| self.connection.poll_recv(key, context)).await
            }

            /// Sends all of a buffer.
            ///
            /// Dropped while it waits, it has sent none of the buffer, or goes on to
            /// send all of it in the background.
            ///
            /// # Errors
            /// What the system says, such as `BrokenPipe`; the peer may have got a part.
            pub async fn send(&self, buf: impl Into<longshore::Buf>) -> std::io::Result<()> {
                self.connection.send(buf.into()).await
            }

            /// Receives what is there into the caller's memory. `Ok(0)` is the end of the stream, or no room.
            ///
            /// Cancel-safe: a future that was dropped has taken nothing.
            ///
            /// # Errors
            #[doc = concat!("As [`", stringify!($name), "::recv`].")]
            pub async fn read(&self, room: &mut [u8]) -> std::io::Result<usize> {
                self.connection.receive(|key, context| self.connection.poll_read(key, context, room)).await
            }

            /// Fills the caller's memory.
            ///
            /// Not cancel-safe: a future that was dropped may have taken a part.
            ///
            /// # Errors
            /// `UnexpectedEof` if the stream ends before; what receiving says.
            pub async fn read_exact(&self, room: &mut [u8]) -> std::io::Result<()> {
                let mut filled = 0;
                while filled < room.len() {
                    match self.read(&mut room[filled..]).await? {
                        0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                        count => filled += count,
                    }
                }
                Ok(())
            }

            /// Shows what is there and leaves it to the next receive.
            ///
            /// # Errors
            #[doc = concat!("As [`", stringify!($name), "::recv`].")]
            pub async fn peek(&self, room: &mut [u8]) -> std::io::Result<usize> {
                self.connection.receive(|key, context| self.connection.poll_peek(key, context, room)).await
            }

            /// Waits until a receive would find something: data, the end or an error.
            ///
            /// # Errors
            /// None that a receive would not report as well.
            pub async fn readable(&self) -> std::io::Result<()> {
                self.connection.receive(|key, context| self.connection.poll_readable(key, context)).await
            }

            /// Accepts bytes to be sent, at least one, at most a buffer of the pool; how many. It waits while
            /// the kernel does not take what was accepted before.
            ///
            /// Cancel-safe: a future that was dropped has accepted nothing.
            ///
            /// # Errors
            /// What the system says to these bytes or to those that were accepted before.
            pub async fn write(&self, bytes: &[u8]) -> std::io::Result<usize> {
                self.connection.transmit(|key, context| self.connection.poll_write(key, context, bytes)).await
            }

            /// Accepts all of the bytes.
            ///
            /// Not cancel-safe: a future that was dropped may have accepted a part.
            ///
            /// # Errors
            #[doc = concat!("As [`", stringify!($name), "::write`].")]
            pub async fn write_all(&self, bytes: &[u8]) -> std::io::Result<()> {
                self.connection.write_all(bytes).await
            }

            /// Waits until all that was accepted has been handed to the kernel.
            ///
            /// # Errors
            /// What the system said to it.
            pub async fn flush(&self) -> std::io::Result<()> {
                self.connection.transmit(|key, context| self.connection.poll_flush(key, context)).await
            }

            /// Finishes the writing side: the peer sees the end of the stream behind what was accepted.
            ///
            /// # Errors
            /// What the system says, to what was accepted before as well.
            pub async fn finish(&self) -> std::io::Result<()> {
                self.connection.transmit(|key, context| self.connection.poll_finish(key, context)).await
            }

            /// Finishes one or both directions at once. To finish the writing side
            /// behind what was accepted, use
            #[doc = concat!("[`", stringify!($name), "::finish`].")]
            ///
            /// # Errors
            /// `NotConnected`.
            pub fn shutdown(&self, how: std::net::Shutdown) -> std::io::Result<()> {
                self.connection.stream().shutdown(how)
            }

            /// Two halves for two tasks. The connection ends with the last of them; dropping the writing
            /// half finishes the writing side.
            pub fn into_split(self) -> (crate::net::OwnedReadHalf, crate::net::OwnedWriteHalf) {
                crate::net::OwnedReadHalf::pair(self.connection)
            }
        }

        #[allow(dead_code, reason = "only the traits behind features call them")]
        impl $name {
            pub(crate) fn poll_read_into(
                &self,
                context: &mut std::task::Context<'_>,
                room: &mut [u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                self.connection.poll_read(&mut crate::sync::Key::by_hand(), context, room)
            }

            pub(crate) fn poll_read_with(
                &self,
                context: &mut std::task::Context<'_>,
                limit: usize,
                see: impl FnMut(&[u8]),
            ) -> std::task::Poll<std::io::Result<()>> {
                self.connection.poll_read_with(&mut crate::sync::Key::by_hand(), context, limit, see)
            }

            pub(crate) fn poll_write_from(
                &self,
                context: &mut std::task::Context<'_>,
                bytes: &[u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                self.connection.poll_write(&mut crate::sync::Key::by_hand(), context, bytes)
            }

            pub(crate) fn poll_flush_all(
                &self,
                context: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                self.connection.poll_flush(&mut crate::sync::Key::by_hand(), context)
            }

            pub(crate) fn poll_finish(
                &self,
                context: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                self.connection.poll_finish(&mut crate::sync::Key::by_hand(), context)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).field("stream", self.connection.stream()).finish()
            }
        }
    };
}

pub(super) use stream;
