//! The C API of Windows' I/O completion ports on Linux, over [`longshore_engine`].
//!
//! C and C++ servers written for Windows are recompiled against the headers in `include/` and linked
//! with this library; `longshore cc` does both. The functions have Windows' names, layouts, constants,
//! return values and error codes; the rules they follow are numbered (P1, D8, ...) and cited where
//! they are kept. Nothing of the port's own logic lives here: queueing, waking, the concurrency value
//! and the sources are the engine's.
//!
//! Each folder is a room, and the rooms stand on floors: a room uses what is below it and nothing beside or
//! above (ARCHITECTURE.md has the picture, and CI checks the arrows). Where to start reading:
//! `object/handles.rs` for what a `HANDLE` is, `object/mod.rs` for what it names, `abi/status.rs` for how
//! errors travel, `port/overlapped.rs` for the way of an operation.
//!
//! Every exported function may be called from any thread. Pointers are the caller's promise, as
//! on Windows; what a system call would reject is an error here as well and never undefined
//! behaviour of this library's own.
#![allow(non_snake_case, non_camel_case_types)]
// The documentation is for who works on this crate: C programs see the headers.
#![allow(rustdoc::private_intra_doc_links)]
// A panic is an error of the call to its caller, at the best; standard output and error are the program's.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::print_stdout,
        clippy::print_stderr
    )
)]
#![cfg_attr(
    any(test, loom),
    allow(clippy::disallowed_types, reason = "tests and models have locks of their own")
)]

mod abi;
mod absent;
mod console;
mod crt;
mod descriptor;
mod device;
mod directory;
mod exception;
mod file;
mod lock;
mod memory;
mod object;
mod path;
mod pool;
mod port;
mod resolve;
mod socket;
mod strings;
mod sync;
mod system;
mod thread;
mod time;
mod timer;

/// What the integration tests of this crate may reach. Nobody else is promised any of it.
#[doc(hidden)]
#[allow(missing_docs, ambiguous_glob_reexports, unused_imports)]
pub mod testing {
    pub use crate::abi::character::*;
    pub use crate::abi::exports::*;
    pub use crate::abi::last_error::*;
    pub use crate::abi::messages::*;
    pub use crate::abi::status::*;
    pub use crate::abi::text::*;
    pub use crate::abi::va_list::*;
    pub use crate::absent::component_objects::*;
    pub use crate::absent::message_box::*;
    pub use crate::absent::registry::*;
    pub use crate::absent::service_control::*;
    pub use crate::absent::*;
    pub use crate::console::control::*;
    pub use crate::console::input::*;
    pub use crate::console::screen::*;
    pub use crate::console::standard_handles::*;
    pub use crate::crt::arguments::*;
    pub use crate::crt::console::*;
    pub use crate::crt::cursor::*;
    pub use crate::crt::format::*;
    pub use crate::crt::scan::*;
    pub use crate::crt::units::*;
    pub use crate::descriptor::open::*;
    pub use crate::device::control::*;
    pub use crate::device::disk::*;
    pub use crate::device::file_system::*;
    pub use crate::device::link::*;
    pub use crate::directory::copy::*;
    pub use crate::directory::directories::*;
    pub use crate::directory::find::*;
    pub use crate::directory::move_entry::*;
    pub use crate::directory::path_names::*;
    pub use crate::directory::set_information::*;
    pub use crate::directory::temporary_files::*;
    pub use crate::directory::volumes::*;
    pub use crate::exception::debug::*;
    pub use crate::exception::fault::*;
    pub use crate::exception::*;
    pub use crate::file::attributes::*;
    pub use crate::file::create::*;
    pub use crate::file::disk_file::*;
    pub use crate::file::facts::*;
    pub use crate::file::information::*;
    pub use crate::file::kind::*;
    pub use crate::file::locks::*;
    pub use crate::file::mapping::*;
    pub use crate::file::open_files::*;
    pub use crate::file::position::*;
    pub use crate::file::times::*;
    pub use crate::file::transfer::anonymous_pipe::*;
    pub use crate::file::transfer::completion_routine::*;
    pub use crate::file::transfer::disk::*;
    pub use crate::file::transfer::flush::*;
    pub use crate::file::transfer::lock_file::*;
    pub use crate::file::transfer::read_write::*;
    pub use crate::file::transfer::scatter_gather::*;
    pub use crate::file::transfer::stream::*;
    pub use crate::lock::address_wait::*;
    pub use crate::lock::barrier::*;
    pub use crate::lock::condition_variable::*;
    pub use crate::lock::critical_section::*;
    pub use crate::lock::init_once::*;
    pub use crate::lock::slist::*;
    pub use crate::lock::srw_lock::*;
    pub use crate::memory::check::*;
    pub use crate::memory::heap::*;
    pub use crate::memory::local_memory::*;
    pub use crate::memory::map::*;
    pub use crate::memory::virtual_memory::*;
    pub use crate::object::event::*;
    pub use crate::object::handles::{
        CURRENT_THREAD, CloseHandle, CompareObjectHandles, DuplicateHandle, GetHandleInformation, HANDLE,
        INVALID_HANDLE_VALUE, SetHandleInformation,
    };
    pub use crate::object::mutex::*;
    pub use crate::object::names::*;
    pub use crate::object::process::*;
    pub use crate::object::semaphore::*;
    pub use crate::object::suspend::*;
    pub use crate::object::thread::Thread;
    pub use crate::object::tls::*;
    pub use crate::object::wait::apc::Apc;
    pub use crate::object::wait::calls::*;
    pub use crate::object::wait::dispatcher::*;
    pub use crate::object::wait::waitable::*;
    pub use crate::object::wait::{COUNT_MAX, NotOwner, TooManyPosts, Waitable};
    pub use crate::object::*;
    pub use crate::path::known_folders::*;
    pub use crate::path::wildcard::*;
    pub use crate::path::windows_path::*;
    pub use crate::pool::callback_environment::*;
    pub use crate::pool::callback_instance::*;
    pub use crate::pool::cleanup_group::*;
    pub use crate::pool::io::*;
    pub use crate::pool::multimedia_timer::*;
    pub use crate::pool::object::*;
    pub use crate::pool::outstanding::*;
    pub use crate::pool::registered_wait::*;
    pub use crate::pool::timer::*;
    pub use crate::pool::timer_queue::*;
    pub use crate::pool::wait::*;
    pub use crate::pool::work::*;
    pub use crate::pool::worker_pool::{Pool, Work};
    pub use crate::port::action::*;
    pub use crate::port::background_poller::*;
    pub use crate::port::broken_pipe::*;
    pub use crate::port::buffer_check::*;
    pub use crate::port::completion_port::*;
    pub use crate::port::face::*;
    pub use crate::port::file_object::*;
    pub use crate::port::io::*;
    pub use crate::port::overlapped::*;
    pub use crate::port::request::*;
    pub use crate::port::sync_block::*;
    pub use crate::port::synchronous::*;
    pub use crate::resolve::address_text::*;
    pub use crate::resolve::host_name::*;
    pub use crate::resolve::name_database::*;
    pub use crate::resolve::protocols::*;
    pub use crate::resolve::resolver::*;
    pub use crate::socket::address::*;
    pub use crate::socket::connection::accept::*;
    pub use crate::socket::connection::accept_ex::*;
    pub use crate::socket::connection::bind::*;
    pub use crate::socket::connection::connect::*;
    pub use crate::socket::connection::disconnect::*;
    pub use crate::socket::connection::names::*;
    pub use crate::socket::duplicate::*;
    pub use crate::socket::ioctl::*;
    pub use crate::socket::network_events::*;
    pub use crate::socket::operation::buffers::*;
    pub use crate::socket::operation::completion::*;
    pub use crate::socket::operation::control_data::*;
    pub use crate::socket::operation::icmp_error::*;
    pub use crate::socket::operation::message::*;
    pub use crate::socket::operation::overlapped_result::*;
    pub use crate::socket::operation::receive::*;
    pub use crate::socket::operation::send::*;
    pub use crate::socket::operation::transfer::*;
    pub use crate::socket::operation::transmit::*;
    pub use crate::socket::options::*;
    pub use crate::socket::polling::*;
    pub use crate::socket::socket_object::*;
    pub use crate::socket::startup::*;
    pub use crate::socket::wsa::*;
    pub use crate::strings::code_page::*;
    pub use crate::strings::compare::*;
    pub use crate::strings::conversion::*;
    pub use crate::strings::format_message::*;
    pub use crate::strings::letter_case::*;
    pub use crate::strings::lstr::*;
    pub use crate::strings::text_conversion::*;
    pub use crate::strings::wsprintf::*;
    pub use crate::strings::wsprintf_variadic::*;
    pub use crate::sync::futex::*;
    pub use crate::sync::*;
    pub use crate::system::arithmetic::*;
    pub use crate::system::command_line::*;
    pub use crate::system::environment::*;
    pub use crate::system::error_mode::*;
    pub use crate::system::guid::*;
    pub use crate::system::ini::*;
    pub use crate::system::module::*;
    pub use crate::system::private_profile::*;
    pub use crate::system::process_info::*;
    pub use crate::system::processors::*;
    pub use crate::system::random::*;
    pub use crate::system::snapshot::*;
    pub use crate::system::system_info::*;
    pub use crate::system::version::*;
    pub use crate::thread::attributes::*;
    pub use crate::thread::calls::*;
    pub use crate::thread::spawn::*;
    pub use crate::thread::times::*;
    pub use crate::time::clock::*;
    pub use crate::time::date_format::*;
    pub use crate::time::system_time::*;
    pub use crate::time::time_zone::*;
    pub use crate::timer::alarm::*;
    pub use crate::timer::waitable_timer::*;

    /// The arguments of exported functions.
    pub mod argument {
        pub use crate::abi::argument::*;
        pub use crate::abi::door::*;
        pub use crate::abi::fault::*;
    }
    /// Modules whose functions read best with their name before them.
    pub mod handles {
        pub use crate::object::handles::*;
    }
    pub mod thread {
        pub use crate::object::thread::*;
    }
    pub mod wait {
        pub use crate::object::wait::*;
    }
    pub mod apc {
        pub use crate::object::wait::apc::*;
    }
    pub mod pool {
        pub use crate::pool::worker_pool::*;
    }
}
