//! The calls of `std::fs`, each announced to the port as one that may block.

use longshore::blocking;
use std::fs::{Metadata, Permissions, ReadDir};
use std::io;
use std::path::{Path, PathBuf};

macro_rules! calls {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) -> $output:ty;)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        #[doc = concat!("As [`std::fs::", stringify!($name), "`].")]
        pub async fn $name($($argument: $type),*) -> io::Result<$output> {
            blocking(|| std::fs::$name($($argument),*))
        }
    )*};
}

calls! {
    /// The whole contents of a file.
    read(path: impl AsRef<Path>) -> Vec<u8>;
    /// The whole contents of a file, as text.
    read_to_string(path: impl AsRef<Path>) -> String;
    /// Makes these the whole contents of a file.
    write(path: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> ();
    /// What the system knows about a file, behind symbolic links.
    metadata(path: impl AsRef<Path>) -> Metadata;
    /// What the system knows about a file or a symbolic link.
    symlink_metadata(path: impl AsRef<Path>) -> Metadata;
    /// Who may do what with a file.
    set_permissions(path: impl AsRef<Path>, permissions: Permissions) -> ();
    /// The entries of a directory. Going on to the next one may read the disk: the
    /// iterator blocks, as `std`'s does.
    read_dir(path: impl AsRef<Path>) -> ReadDir;
    /// Makes a directory.
    create_dir(path: impl AsRef<Path>) -> ();
    /// Makes a directory and those above it.
    create_dir_all(path: impl AsRef<Path>) -> ();
    /// Removes an empty directory.
    remove_dir(path: impl AsRef<Path>) -> ();
    /// Removes a directory and all that is in it.
    remove_dir_all(path: impl AsRef<Path>) -> ();
    /// Removes a file.
    remove_file(path: impl AsRef<Path>) -> ();
    /// Gives a file another name.
    rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> ();
    /// Copies a file; the number of bytes.
    copy(from: impl AsRef<Path>, to: impl AsRef<Path>) -> u64;
    /// Gives a file a second name.
    hard_link(original: impl AsRef<Path>, link: impl AsRef<Path>) -> ();
    /// Where a symbolic link points to.
    read_link(path: impl AsRef<Path>) -> PathBuf;
    /// The absolute path of a file, without symbolic links.
    canonicalize(path: impl AsRef<Path>) -> PathBuf;
}
