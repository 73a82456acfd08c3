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
use super::files::{self, Facts, Opened, Root};
use crate::http::response::{Head, Persistence};
use crate::http::{Refusal, Status, content_type, listing, path};

pub struct Site {
    port: Port<Work>,
    root: Root,
    cache: Cache,
}

/// What there is at a path.
pub enum Found {
    Entry(Arc<Entry>),
    /// A directory that was asked for without its slash, and where it is.
    Moved(String),
    /// The page of a directory.
    Listing(String),
}

impl Site {
    pub fn new(port: Port<Work>, root: Root) -> Site {
        Site { port, root, cache: Cache::new() }
    }

    /// What there is at the path of a request target.
    pub fn find(&self, target: &str, second: u64) -> Result<Found, Refusal> {
        let cached = self.cache.get(target.as_bytes());
        match cached {
            Some(entry) if entry.second == second && entry.is_current() => Ok(Found::Entry(entry)),
            earlier => {
                let found = self.look_up(target, second, earlier.as_deref());
                match &found {
                    Ok(Found::Entry(entry)) => self.cache.put(target.as_bytes(), entry.clone()),
                    _ if earlier.is_some() => self.cache.remove(target.as_bytes()),
                    _ => {}
                }
                found
            }
        }
    }

    fn look_up(&self, target: &str, second: u64, earlier: Option<&Entry>) -> Result<Found, Refusal> {
        let place = path::decode(target)?;
        match self.root.find(&place.path).map_err(files::refusal)? {
            Opened::Special => Err(files::SPECIAL),
            Opened::File(..) if place.directory => Err(files::refusal(files::NOT_A_DIRECTORY)),
            Opened::File(file, stat) => {
                self.entry(&place.path, file, &stat, second, earlier).map(Found::Entry)
            }
            // The location is built anew, so that "//host/" cannot become a link to elsewhere.
            Opened::Directory(_) if !place.directory => {
                Ok(Found::Moved(format!("/{}/", path::encode(&place.path))))
            }
            Opened::Directory(directory) => {
                let mut index = place.path.clone();
                if !index.is_empty() {
                    index.push(b'/');
                }
                index.extend_from_slice(b"index.html");
                match self.root.find(&index) {
                    Ok(Opened::File(file, stat)) => {
                        self.entry(&index, file, &stat, second, earlier).map(Found::Entry)
                    }
                    Err(error) if !files::is_missing(&error) => Err(files::refusal(error)),
                    _ => {
                        let (items, left_out) = files::list(&directory).map_err(files::refusal)?;
                        Ok(Found::Listing(listing::render(&place.path, items, left_out)))
                    }
                }
            }
        }
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
