//! What there is at a path: from the cache, or from the file system.
//!
//! Opening and reading block, and that is meant: a handler on the port may block, and when it does
//! (a cold disk, a network file system) the port releases another thread. Nothing is off-loaded.

use std::fs;
use std::io;
use std::sync::Arc;

use longshore::{File, Port};

use super::Work;
use super::answer::describe_file;
use super::cache::{Cache, Content, Entry, Label, MEMORY_BYTES_MAX, Stamp};
use super::files::{self, Directory, Facts, Opened, Root};
use super::pages::Pages;
use crate::http::response::{Head, Persistence};
use crate::http::{Refusal, Status, content_type, listing, path};

pub struct Site {
    port: Port<Work>,
    root: Root,
    shows_hidden: bool,
    cache: Cache,
    pages: Pages,
}

/// What there is at a path.
pub enum Found {
    Entry(Arc<Entry>),
    /// A directory that was asked for without its slash, and where it is.
    Moved(String),
    /// A directory to be listed: see [`Site::page`].
    Directory(Directory, Vec<u8>),
}

const NOTHING: Refusal = Refusal::new(Status::NOT_FOUND, "There is nothing of that name.");
const BUSY: Refusal =
    Refusal::new(Status::SERVICE_UNAVAILABLE, "The server has too many listings under way; try again.");

impl Site {
    /// A site that holds at most `files_max` files open for the next request.
    pub fn new(port: Port<Work>, root: Root, files_max: usize, shows_hidden: bool) -> Site {
        Site { port, root, shows_hidden, cache: Cache::new(files_max), pages: Pages::default() }
    }

    /// Lets go of open files: descriptors have run out.
    pub fn close_files(&self) {
        self.cache.close_files();
    }

    /// Lets go of what was last asked for before this second; true when nothing is left.
    pub fn expire(&self, second: u64) -> bool {
        self.cache.expire(second);
        self.cache.is_empty()
    }

    /// What there is at the path of a request target.
    pub fn find(&self, target: &str, second: u64) -> Result<Found, Refusal> {
        let key = path::canonical(target)?;
        if !self.shows_hidden && path::is_hidden(&key) {
            return Err(NOTHING);
        }
        match self.cache.get(&key) {
            Some(entry) if entry.second == second && entry.is_current() => Ok(Found::Entry(entry)),
            earlier => {
                let found = self.look_up(&key, second, earlier.as_deref());
                match &found {
                    Ok(Found::Entry(entry)) => self.cache.put(&key, entry.clone()),
                    _ if earlier.is_some() => self.cache.remove(&key),
                    _ => {}
                }
                found
            }
        }
    }

    /// Opens what is at a path; when descriptors have run out, with those of the cache.
    fn open(&self, path: &[u8]) -> Result<Opened, files::Error> {
        match self.root.find(path) {
            Err(error) if files::is_exhaustion(&error) => {
                self.close_files();
                self.root.find(path)
            }
            result => result,
        }
    }

    fn look_up(&self, key: &[u8], second: u64, earlier: Option<&Entry>) -> Result<Found, Refusal> {
        let (path, as_directory) = match key.strip_suffix(b"/") {
            Some(path) => (path, true),
            None => (key, key.is_empty()),
        };
        match self.open(path).map_err(files::refusal)? {
            Opened::Special => Err(files::SPECIAL),
            Opened::File(..) if as_directory => Err(files::refusal(files::NOT_A_DIRECTORY)),
            Opened::File(file, stat) => self.entry(path, file, &stat, second, earlier).map(Found::Entry),
            // The location is built anew, so that "//host/" cannot become a link to elsewhere.
            Opened::Directory(_) if !as_directory => Ok(Found::Moved(format!("/{}/", path::encode(path)))),
            Opened::Directory(directory) => {
                let index = [key, b"index.html"].concat();
                match self.open(&index) {
                    Ok(Opened::File(file, stat)) => {
                        self.entry(&index, file, &stat, second, earlier).map(Found::Entry)
                    }
                    Err(error) if !files::is_missing(&error) => Err(files::refusal(error)),
                    _ => Ok(Found::Directory(directory, path.to_vec())),
                }
            }
        }
    }

    /// The page that lists a directory found at `path`.
    pub fn page(&self, directory: &Directory, path: &[u8], second: u64) -> Result<Arc<[u8]>, Refusal> {
        if let Some(page) = self.pages.get(path, second) {
            return Ok(page);
        }
        if !self.pages.has_room() {
            return Err(BUSY);
        }
        let (items, left_out) = files::list(directory, self.shows_hidden).map_err(files::refusal)?;
        Ok(self.pages.put(path, second, listing::render(path, items, left_out)))
    }

    /// The entry for an open file; takes over the content of an earlier one when nothing changed.
    fn entry(
        &self,
        path: &[u8],
        file: fs::File,
        stat: &Facts,
        second: u64,
        earlier: Option<&Entry>,
    ) -> Result<Arc<Entry>, Refusal> {
        let stamp = Stamp::of(stat);
        let label = match earlier {
            Some(entry) if entry.settled && entry.label.stamp == stamp => {
                let label = entry.label.clone();
                let head = whole_head(&label, second);
                let content = match &entry.content {
                    Content::Memory { response, head_bytes } => joined(head, &response[*head_bytes..]),
                    Content::File { file, .. } => Content::File { head: head.into(), file: file.clone() },
                };
                return Ok(Entry::new(second, label, content));
            }
            _ => Arc::new(Label::new(stamp, content_type::of(path))),
        };
        let head = whole_head(&label, second);
        let content = match small_body(&file, stamp) {
            Ok(Some(body)) => Ok(joined(head, &body)),
            Ok(None) => self.attach(file).map(|file| Content::File { head: head.into(), file }),
            Err(error) => Err(error),
        };
        match content {
            Ok(content) => Ok(Entry::new(second, label, content)),
            Err(_) => Err(Refusal::new(Status::INTERNAL_SERVER_ERROR, "The file could not be read.")),
        }
    }

    fn attach(&self, file: fs::File) -> io::Result<File<Work>> {
        files::for_port(&file)?;
        File::attach(&self.port, 0, file)
    }
}

/// The body of a small file, unless it is being written to at this moment: such a body could mix
/// two states under one tag, and is better sent from the file.
fn small_body(file: &fs::File, stamp: Stamp) -> io::Result<Option<Vec<u8>>> {
    if stamp.bytes > MEMORY_BYTES_MAX {
        return Ok(None);
    }
    let mut body = vec![0; stamp.bytes as usize];
    match files::read_start(file, &mut body) {
        Ok(()) if Stamp::of(&files::facts(file)?) == stamp => Ok(Some(body)),
        Ok(()) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// The head of a plain 200 response on an HTTP/1.1 connection that stays open.
fn whole_head(label: &Label, second: u64) -> Vec<u8> {
    let mut head = Vec::with_capacity(512);
    describe_file(Head::new(Status::OK, second, Persistence::Implied), label, label.stamp.bytes)
        .write(&mut head);
    head
}

fn joined(mut head: Vec<u8>, body: &[u8]) -> Content {
    let head_bytes = head.len();
    head.extend_from_slice(body);
    Content::Memory { response: head.into(), head_bytes }
}
