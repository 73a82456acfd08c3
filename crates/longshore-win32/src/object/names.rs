//! Names of objects. They are known within the process only; every type of object shares them.
//!
//! A name exists as long as a handle of its object. The prefix `Local\` is dropped;
//! `Global\` is a part of the name.

use crate::abi::argument::{CStrArg, WStrArg};
use crate::abi::last_error::{SetLastError, Win32Error};
use crate::abi::reserve::Exhausted;
use crate::object::Object;
use crate::object::handles::{self, HANDLE};
use crate::sync::lock::Lock;
use crate::sync::rank::Rank;
use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Weak};
use windows_sys::Win32::Foundation::{
    ERROR_ALREADY_EXISTS, ERROR_FILE_NOT_FOUND, ERROR_INVALID_HANDLE, ERROR_INVALID_NAME,
    ERROR_INVALID_PARAMETER, ERROR_NO_UNICODE_TRANSLATION, ERROR_PATH_NOT_FOUND, ERROR_SUCCESS,
};

/// A valid name, or none.
pub type Name = Option<Box<[u8]>>;

type Names = HashMap<Box<[u8]>, Weak<dyn Object>>;

static NAMES: Lock<Option<Names>> = Lock::new(Rank::NAMES, None);

fn parse(name: &[u8]) -> Result<Name, Win32Error> {
    let name = name.strip_prefix(b"Local\\").unwrap_or(name);
    if name.strip_prefix(b"Global\\").unwrap_or(name).contains(&b'\\') {
        return Err(Win32Error(ERROR_PATH_NOT_FOUND));
    }
    Ok((!name.is_empty()).then(|| name.into()))
}

/// The name an `A` function was given; `None` is none.
///
/// # Errors
/// `ERROR_PATH_NOT_FOUND` for a name with a folder, `ERROR_NOACCESS` for what is not there.
pub fn narrow(name: Option<CStrArg<'_>>) -> Result<Name, Win32Error> {
    name.map_or(Ok(None), |name| parse(name.bytes(-1)?))
}

/// The name a `W` function was given; `None` is none.
///
/// # Errors
/// As for [`narrow`], and `ERROR_INVALID_NAME` for what is not text.
pub fn wide(name: Option<WStrArg<'_>>) -> Result<Name, Win32Error> {
    let Some(name) = name else { return Ok(None) };
    let invalid = |error| match error {
        Win32Error(ERROR_NO_UNICODE_TRANSLATION) => Win32Error(ERROR_INVALID_NAME),
        error => error,
    };
    parse(name.to_text().map_err(invalid)?.as_bytes())
}

/// The object of a name, if it has a handle.
fn find<T: Object>(object: Option<&Weak<dyn Object>>) -> Option<Result<Arc<T>, Win32Error>> {
    let object = object?.upgrade().filter(|object| object.handle_count().is_open())?;
    let object: Arc<dyn Any + Send + Sync> = object;
    Some(object.downcast().map_err(|_| Win32Error(ERROR_INVALID_HANDLE)))
}

/// Makes an object, or finds the one that has the name. The object keeps the name, for
/// [`forget`]. True if it was there before.
///
/// # Errors
/// `ERROR_INVALID_HANDLE` if the name is another type's.
pub(crate) fn create<T: Object>(
    name: Name,
    make: impl FnOnce(Name) -> Arc<T>,
) -> Result<(HANDLE, Arc<T>, bool), Win32Error> {
    let Some(bytes) = name.clone() else {
        let object = make(name);
        return Ok((handles::insert(object.clone())?, object, false));
    };
    let mut names = NAMES.lock();
    let names = names.get_or_insert_default();
    if let Some(found) = find::<T>(names.get(&bytes)) {
        let object = found?;
        match handles::insert_again(object.clone(), false) {
            Err(Win32Error(ERROR_INVALID_HANDLE)) => {} // Its last handle is being closed: the name is free.
            handle => return Ok((handle?, object, true)),
        }
    }
    names.try_reserve(1).map_err(|_| Exhausted)?;
    let object = make(name);
    let handle = handles::insert(object.clone())?;
    let object_by_name: Arc<dyn Object> = object.clone();
    names.insert(bytes, Arc::downgrade(&object_by_name));
    Ok((handle, object, false))
}

/// Makes another handle of the object that has the name.
///
/// # Errors
/// `ERROR_FILE_NOT_FOUND` if none has it, `ERROR_INVALID_HANDLE` if it is another type's,
/// `ERROR_INVALID_PARAMETER` without a name.
pub(crate) fn open<T: Object>(name: Name) -> Result<HANDLE, Win32Error> {
    let name = name.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    let names = NAMES.lock();
    let found = find::<T>(names.as_ref().and_then(|names| names.get(&name)));
    match handles::insert_again(found.ok_or(Win32Error(ERROR_FILE_NOT_FOUND))??, false) {
        Err(Win32Error(ERROR_INVALID_HANDLE)) => Err(Win32Error(ERROR_FILE_NOT_FOUND)), // Closed just now.
        handle => handle,
    }
}

/// The last handle of an object was closed: its name is free, unless somebody opened it just before.
pub(crate) fn forget(name: &Name, object: &dyn Object) {
    let Some(name) = name else { return };
    let mut names = NAMES.lock();
    let Some(names) = names.as_mut() else { return };
    let is_its = |entry: &Weak<dyn Object>| std::ptr::addr_eq(entry.as_ptr(), std::ptr::from_ref(object));
    if names.get(name).is_some_and(is_its) && !object.handle_count().is_open() {
        names.remove(name);
    }
}

/// What a function that creates an object returns: the last error says whether it is new.
pub(crate) fn created<T>(result: Result<(HANDLE, Arc<T>, bool), Win32Error>) -> HANDLE {
    let (handle, error) = match result {
        Ok((handle, _, existed)) => (handle, if existed { ERROR_ALREADY_EXISTS } else { ERROR_SUCCESS }),
        Err(Win32Error(error)) => (std::ptr::null_mut(), error),
    };
    SetLastError(error);
    handle
}

/// What a function that opens an object returns.
pub(crate) fn opened(result: Result<HANDLE, Win32Error>) -> HANDLE {
    result.unwrap_or_else(|Win32Error(error)| {
        SetLastError(error);
        std::ptr::null_mut()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::HandleCount;

    struct Named(HandleCount, Name);

    impl Object for Named {
        fn handle_count(&self) -> &HandleCount {
            &self.0
        }
    }

    fn named(name: &Name) -> (HANDLE, Arc<Named>, bool) {
        create(name.clone(), |name| Arc::new(Named(HandleCount::new(), name))).unwrap()
    }

    #[test]
    fn a_name_is_free_from_the_last_close_on_even_before_it_is_forgotten() {
        let name = parse(b"closing").unwrap();
        let (_, first, _) = named(&name);
        first.handle_count().closed();
        assert_eq!(open::<Named>(name.clone()), Err(Win32Error(ERROR_FILE_NOT_FOUND)));
        let (_, second, existed) = named(&name);
        assert!(!existed && !Arc::ptr_eq(&first, &second));
        forget(&first.1, &*first);
        assert!(open::<Named>(name).is_ok(), "the name is the second one's now");
    }

    #[test]
    fn a_name_that_was_opened_just_before_it_is_forgotten_stays() {
        let name = parse(b"opened in time").unwrap();
        let (_, object, _) = named(&name);
        forget(&object.1, &*object);
        assert!(open::<Named>(name.clone()).is_ok());
        object.handle_count().closed();
        object.handle_count().closed();
        forget(&object.1, &*object);
        assert_eq!(open::<Named>(name), Err(Win32Error(ERROR_FILE_NOT_FOUND)));
    }
}
