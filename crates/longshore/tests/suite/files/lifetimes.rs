//! Operations against threads that end, cancels, closes and files that are cut.

use crate::fixtures::*;
use longshore::{Buf, Completion, Event, File, OpId, Port, is_cancelled};
use std::collections::HashSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

// D6, F17.
#[test]
fn many_operations_of_several_threads_end_once_each_with_the_right_data() {
    const ISSUERS: usize = 4;
    const EACH: usize = 1500;
    const BLOCKS: u64 = 512;
    let port = Port::new(2).unwrap();
    let scratch = Scratch::new(&content(0, BLOCKS as usize * 4096));
    scratch.forget_cache();
    let buffered = scratch.open(&port, 1);
    let direct = scratch.open_direct(&port, 2).unwrap_or_else(|| scratch.open(&port, 2));
    let seen: Arc<Vec<AtomicUsize>> = Arc::new((0..ISSUERS * EACH).map(|_| AtomicUsize::new(0)).collect());
    let total = Arc::new(AtomicUsize::new(0));
    let wrong = Arc::new(Mutex::new(Vec::new()));
    let crew = Crew::new(&port, 3, {
        let (seen, total, wrong) = (seen.clone(), total.clone(), wrong.clone());
        move |_, done: Completion<(usize, u64)>| {
            let (number, block) = done.context;
            let (buf, result) = ended(done);
            if !matches!(result, Ok(4096)) || buf[..] != content(block * 4096, 4096) {
                wrong.lock().unwrap().push((number, block, result));
            }
            seen[number].fetch_add(1, Ordering::SeqCst);
            total.fetch_add(1, Ordering::SeqCst);
        }
    });
    let issuers: Vec<_> = (0..ISSUERS)
        .map(|issuer| {
            let files = [buffered.clone(), direct.clone()];
            go(move || {
                let mut dice = Dice(issuer as u64 + 1);
                for number in 0..EACH {
                    let block = dice.below(BLOCKS);
                    let file = &files[dice.below(2) as usize];
                    let context = (issuer * EACH + number, block);
                    file.read_at(Buf::aligned(4096, 4096), block * 4096, context);
                }
            })
        })
        .collect();
    issuers.into_iter().for_each(|issuer| issuer.join());
    eventually("every read ends", || total.load(Ordering::SeqCst) >= ISSUERS * EACH);
    for_a_while("none ends twice", || total.load(Ordering::SeqCst) == ISSUERS * EACH);
    assert!(seen.iter().all(|times| times.load(Ordering::SeqCst) == 1));
    let wrong = std::mem::take(&mut *wrong.lock().unwrap());
    assert!(wrong.is_empty(), "{wrong:?}");
    crew.dismiss(&port);
}

// TX1: not even as cancelled.
#[test]
fn operations_outlive_the_thread_that_issued_them() {
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(&content(0, 64 * 65_536));
    scratch.forget_cache();
    let file = scratch.open_direct(&port, 0).unwrap_or_else(|| scratch.open(&port, 0));
    for _ in 0..10 {
        let file = file.clone();
        go(move || {
            for number in 0..64 {
                file.read_at(Buf::aligned(65_536, 4096), number * 65_536, number);
            }
        })
        .join();
        let mut seen = HashSet::new();
        for _ in 0..64 {
            let done = take(&port);
            let number = done.context;
            let (buf, result) = ended(done);
            assert_eq!(result.unwrap(), 65_536);
            assert_eq!(buf[..512], content(number * 65_536, 512));
            assert!(seen.insert(number));
        }
        no_more(&port);
    }
}

// K3, K4, K10.
#[test]
fn a_cancel_that_races_with_the_end_leaves_exactly_one_completion() {
    const READS: u64 = 48;
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(&content(0, READS as usize * 16_384));
    scratch.forget_cache();
    let file = scratch.open_direct(&port, 0).unwrap_or_else(|| scratch.open(&port, 0));
    let mut dice = Dice(1);
    for round in 0..40 {
        let ids: Vec<OpId> = (0..READS)
            .map(|number| file.read_at(Buf::aligned(16_384, 4096), number * 16_384, number))
            .collect();
        let canceller = go({
            let file = file.clone();
            let first = dice.below(READS) as usize;
            move || {
                let found: Vec<_> = ids[first..].iter().map(|id| file.cancel(*id)).collect();
                let again = ids[first..].iter().filter(|id| file.cancel(**id)).count();
                (first, found, again)
            }
        });
        let mut endings = vec![None; READS as usize];
        for _ in 0..READS {
            let done = take(&port);
            let number = done.context;
            let (buf, result) = ended(done);
            let cancelled = match result {
                Ok(count) => {
                    assert_eq!((count, &buf[..64]), (16_384, &content(number * 16_384, 64)[..]));
                    false
                }
                Err(error) => {
                    assert!(is_cancelled(&error), "{error}");
                    true
                }
            };
            assert_eq!(buf.capacity(), 16_384);
            assert_eq!(
                endings[number as usize].replace(cancelled),
                None,
                "{number} of round {round} came twice"
            );
        }
        let (first, found, again) = canceller.join();
        assert_eq!(again, 0, "found twice");
        for (number, cancelled) in endings.into_iter().enumerate() {
            let found = number >= first && found[number - first];
            assert!(found || cancelled == Some(false), "{number} of round {round} ended without being found");
        }
        no_more(&port);
    }
}

// K1, K4, K9: what cannot be interrupted (a blocking call) is not counted, and goes on.
#[cfg(target_os = "linux")]
#[test]
fn cancel_all_ends_as_many_as_it_says_and_loses_no_data() {
    const READS: usize = 40;
    let port = Port::new(1).unwrap();
    let (reader, mut writer) = pipe();
    let file = File::attach(&port, 0, reader).unwrap();
    let (other, mut others) = pipe();
    let other = File::attach(&port, 1, other).unwrap();
    for number in 0..READS {
        file.read_at(vec![0; 1], 0, number);
    }
    other.read_at(vec![0; 1], 0, READS);
    let found = file.cancel_all();
    writer.write_all(&vec![b'x'; READS - found]).unwrap();
    let mut seen = HashSet::new();
    let mut cancelled = 0;
    for _ in 0..READS {
        let done = take(&port);
        assert_eq!(done.key, 0, "another handle's operation was cancelled");
        assert!(seen.insert(done.context));
        let (buf, result) = ended(done);
        match result {
            Ok(count) => assert_eq!((count, &buf[..]), (1, &b"x"[..])),
            Err(error) => {
                assert!(is_cancelled(&error), "{error}");
                cancelled += 1;
            }
        }
    }
    assert_eq!(cancelled, found);
    assert_eq!(file.cancel_all(), 0);
    no_more(&port);
    others.write_all(b"y").unwrap();
    let done = take(&port);
    assert_eq!(done.key, 1);
    assert_eq!(&ended(done).0[..], b"y");
    // And a later read finds what comes later.
    writer.write_all(b"z").unwrap();
    file.read_at(vec![0; 1], 0, 0);
    assert_eq!(&ended(take(&port)).0[..], b"z");
}

// K4, F24, TX3.
#[test]
fn closing_a_file_leaves_exactly_one_completion_for_each_operation() {
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(&content(0, 1 << 20));
    for round in 0..20 {
        scratch.forget_cache();
        let file = scratch.open_direct(&port, 5).unwrap_or_else(|| scratch.open(&port, 5));
        for number in 0..32 {
            match number % 4 {
                3 => file.write_at(Buf::aligned(0, 4096), number * 16_384, number),
                _ => file.read_at(Buf::aligned(16_384, 4096), number * 16_384, number),
            };
        }
        file.close();
        // Too late.
        file.read_at(Buf::aligned(4096, 4096), 0, 32);
        file.sync(33);
        drop(file);
        let mut seen = HashSet::new();
        for _ in 0..34 {
            let done = take(&port);
            let number = done.context;
            assert_eq!(done.key, 5);
            assert!(seen.insert(number), "{number} of round {round} came twice");
            let error = match done.event {
                Event::Sync { result, .. } => result.err(),
                event => {
                    let done = Completion { key: 5, context: number, event };
                    let (buf, result) = ended(done);
                    if result.is_ok() && !buf.is_empty() {
                        assert_eq!(buf[..64], content(number * 16_384, 64));
                    }
                    result.err()
                }
            };
            assert!(error.as_ref().is_none_or(is_cancelled), "{error:?}");
            assert!(number < 32 || error.is_some(), "{number} was issued after the close");
        }
        no_more(&port);
    }
}

// TX8: an operation holds the descriptor.
#[test]
fn operations_in_flight_keep_the_file_open() {
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(&content(0, 1 << 20));
    scratch.forget_cache();
    let file = scratch.open_direct(&port, 0).unwrap_or_else(|| scratch.open(&port, 0));
    for number in 0..16 {
        file.read_at(Buf::aligned(65_536, 4096), number * 65_536, number);
    }
    drop(file);
    // Whatever takes over the number is not what they read.
    let other = Scratch::new(b"other");
    let _others: Vec<_> = (0..8).map(|_| std::fs::File::open(&other.0).unwrap()).collect();
    for _ in 0..16 {
        let done = take(&port);
        let number = done.context;
        let (buf, result) = ended(done);
        assert_eq!((result.unwrap(), &buf[..64]), (65_536, &content(number * 65_536, 64)[..]));
    }
}

// F8: what a read finds is the file before or after the cut, never a hang.
#[test]
fn a_file_cut_while_it_is_read_ends_every_read() {
    const LENGTH: u64 = 512 * 1024;
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(&content(0, LENGTH as usize));
    let whole = content(0, LENGTH as usize);
    let stop = Arc::new(AtomicBool::new(false));
    let cutter = go({
        let (stop, path) = (stop.clone(), scratch.0.clone());
        move || {
            let file = OpenOptions::new().write(true).open(path).unwrap();
            let mut dice = Dice(7);
            while !stop.load(Ordering::Relaxed) {
                file.set_len(dice.below(LENGTH)).unwrap();
                file.set_len(LENGTH).unwrap();
            }
        }
    });
    let files = [Some(scratch.open(&port, 0)), scratch.open_direct(&port, 1)];
    for file in files.into_iter().flatten() {
        for _ in 0..30 {
            for number in 0..8 {
                file.read_at(Buf::aligned(65_536, 4096), number * 65_536, number);
            }
            for _ in 0..8 {
                let done = take(&port);
                let at = done.context as usize * 65_536;
                let (buf, result) = ended(done);
                assert_eq!(result.unwrap(), buf.len());
                let sound = buf.iter().zip(&whole[at..]).all(|(got, wrote)| *got == 0 || got == wrote);
                assert!(sound, "bytes that were never in the file");
            }
        }
    }
    stop.store(true, Ordering::Relaxed);
    cutter.join();
    no_more(&port);
}
