//! What every handle can do: one macro, so that the four kinds of handle have the same methods.

/// Identifies an operation on the handle it was issued on, to cancel it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OpId(pub(crate) u64);

macro_rules! handle {
    ($name:ident, $what:ident) => {
        // SAFETY: its parts are `Send` and `Sync` for every context that is `Send`, as `is_shareable` checks.
        // Implemented by hand so that a context may hold a handle of its own port: the compiler's derivation
        // would be circular, through `Types<C>: Face`.
        unsafe impl<C: Send + 'static> Send for $name<C> {}
        // SAFETY: as above.
        unsafe impl<C: Send + 'static> Sync for $name<C> {}

        const _: () = {
            fn is_shareable<T: Send + Sync>() {}
            #[allow(dead_code, reason = "compiling it is the check")]
            fn parts_are<C: Send + 'static>() {
                is_shareable::<Arc<Handle<Types<C>>>>();
            }
        };

        impl<C: Send + 'static> Clone for $name<C> {
            fn clone(&self) -> Self {
                $name { handle: self.handle.clone() }
            }
        }

        impl<C: Send + 'static> std::fmt::Debug for $name<C> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("descriptor", &self.handle.descriptor())
                    .field("key", &self.key())
                    .finish()
            }
        }

        crate::handle::borrow!($name, $what);

        impl<C: Send + 'static> $name<C> {
            #[inline]
            pub(crate) fn from_handle(handle: Arc<Handle<Types<C>>>) -> Self {
                $name { handle }
            }

            #[inline(always)]
            fn issue(&self, op_code: OpCode, context: C, subject: Subject<C>) -> OpId {
                let refused = subject.lacks_room();
                let request = Request { context, subject };
                OpId(match refused {
                    false => self.handle.issue(op_code, request),
                    true => self.handle.refuse(op_code, request, crate::sys::Errno::INVALID),
                })
            }

            #[inline(always)]
            pub(crate) fn start(
                &self,
                op_code: OpCode,
                context: C,
                subject: Subject<C>,
            ) -> crate::Started<C> {
                if subject.lacks_room() {
                    return crate::Started::Pending(self.issue(op_code, context, subject));
                }
                let request = Request { context, subject };
                self.handle.start_when_ready(op_code, request, crate::request::Completing(&self.handle))
            }

            /// The key that completions of this handle carry.
            pub fn key(&self) -> usize {
                self.handle.key()
            }

            /// Changes the key of completions taken from now on.
            pub fn set_key(&self, key: usize) {
                self.handle.set_key(key);
            }

            /// Requests the end of one operation. True if it was found unfinished; then it will most likely
            /// end as cancelled, but may still succeed, and its completion says which. Either way there is
            /// exactly one completion, and what was received is in it. (CancelIoEx, K4, K9)
            pub fn cancel(&self, operation: OpId) -> bool {
                self.handle.cancel(Some(operation.0)) > 0
            }

            /// Requests the end of every operation of this handle, from whatever thread they were issued, and
            /// returns how many were found unfinished. (CancelIoEx)
            pub fn cancel_all(&self) -> usize {
                self.handle.cancel(None)
            }

            /// Cancels every operation and refuses new ones, which end as cancelled at once. A socket is shut
            /// down, so that the peer learns it now. The descriptor is released with the last clone;
            /// completions that were not delivered hold clones, too.
            pub fn close(&self) {
                self.handle.close();
            }
        }
    };
}

/// The descriptor of the handle: `$what` is `socket` or `file`.
#[cfg(target_os = "linux")]
macro_rules! borrow {
    ($name:ident, $what:ident) => {
        impl<C: Send + 'static> std::os::fd::AsFd for $name<C> {
            fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
                self.handle.descriptor()
            }
        }
    };
}

#[cfg(windows)]
macro_rules! borrow {
    ($name:ident, socket) => {
        impl<C: Send + 'static> std::os::windows::io::AsSocket for $name<C> {
            fn as_socket(&self) -> std::os::windows::io::BorrowedSocket<'_> {
                self.handle.socket()
            }
        }
    };
    ($name:ident, file) => {
        impl<C: Send + 'static> std::os::windows::io::AsHandle for $name<C> {
            fn as_handle(&self) -> std::os::windows::io::BorrowedHandle<'_> {
                self.handle.file()
            }
        }
    };
}

pub(crate) use {borrow, handle};
