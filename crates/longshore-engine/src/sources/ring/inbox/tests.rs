//! The exchange, without a kernel.

use super::*;
use crate::fixtures::{Memory, Scratch, Test};
use crate::operation::OpCode;
use std::sync::Arc;

fn operation(handle: &Arc<Handle<Test>>, id: u64) -> Box<Operation<Test>> {
    let mut operation = Operation::new(handle.clone(), OpCode::ReadAt(0), Memory::zeroed(1));
    operation.id = id;
    operation
}

fn exchange() -> Exchange<Test> {
    Exchange { completed: Vec::new(), taken: Vec::new(), cancels: Vec::new(), closing: false }
}

#[test]
fn a_sleeping_driver_is_woken_once() {
    let inbox = Inbox::<Test>::new(2);
    let file = Scratch::new(b"").open();
    assert!(!inbox.push(operation(&file, 1)).ok().unwrap(), "awake");
    assert!(!inbox.may_sleep(false), "there is work");
    let mut exchange = exchange();
    inbox.exchange(&mut exchange);
    assert!(inbox.may_sleep(false));
    assert!(inbox.push(operation(&file, 2)).ok().unwrap());
    assert!(!inbox.push(operation(&file, 3)).ok().unwrap(), "once");
}

#[test]
fn a_driver_without_a_free_slot_is_woken_by_orders_only() {
    let inbox = Inbox::<Test>::new(1);
    let file = Scratch::new(b"").open();
    let _ = inbox.push(operation(&file, 1));
    let _ = inbox.push(operation(&file, 2));
    let mut exchange = exchange();
    inbox.exchange(&mut exchange);
    assert_eq!(exchange.taken.len(), 1);
    assert!(inbox.may_sleep(false), "there is work, but no slot");
    assert!(!inbox.push(operation(&file, 3)).ok().unwrap());
    let mut removed = Vec::new();
    let (requested, wake) = inbox.cancel(&file, Which::One(2), &mut removed);
    assert_eq!((requested, wake, removed.len()), (0, false, 1));
    assert_eq!(inbox.cancel(&file, Which::One(1), &mut removed), (1, true));
    assert!(!inbox.may_sleep(false), "a cancel is to be requested");
}

#[test]
fn a_cancel_of_what_has_landed_finds_nothing() {
    let inbox = Inbox::<Test>::new(1);
    let file = Scratch::new(b"").open();
    let mut exchange = exchange();
    let mut removed = Vec::new();
    let _ = inbox.push(operation(&file, 1));
    inbox.exchange(&mut exchange);
    let (first, _) = exchange.taken.pop().unwrap();
    assert_eq!(inbox.cancel(&file, Which::All, &mut removed).0, 1);
    // K3.
    assert_eq!(inbox.cancel(&file, Which::All, &mut removed).0, 0);
    exchange.completed.push(first);
    let _ = inbox.push(operation(&file, 1));
    inbox.exchange(&mut exchange);
    // The slot is the same, its name is not: the cancel of the first, still on its way, misses the second.
    let (second, _) = exchange.taken.pop().unwrap();
    assert_eq!(exchange.cancels, [first]);
    assert_eq!(first.slot(), second.slot());
    assert_ne!(first, second);
    exchange.completed.push(second);
    inbox.exchange(&mut exchange);
    assert_eq!(inbox.cancel(&file, Which::All, &mut removed).0, 0);
    assert!(removed.is_empty());
}

#[test]
fn operations_keep_their_order_when_others_are_cancelled() {
    let inbox = Inbox::<Test>::new(8);
    let file = Scratch::new(b"").open();
    for id in 0..6 {
        let _ = inbox.push(operation(&file, id));
    }
    let mut removed = Vec::new();
    inbox.cancel(&file, Which::One(2), &mut removed);
    assert_eq!(removed.len(), 1);
    let mut exchange = exchange();
    inbox.exchange(&mut exchange);
    let ids: Vec<u64> = exchange.taken.iter().map(|(_, one)| one.id).collect();
    assert_eq!(ids, [0, 1, 3, 4, 5]);
}

#[test]
fn a_closed_inbox_refuses_and_does_not_let_its_driver_sleep_unaware() {
    let inbox = Inbox::<Test>::new(1);
    let file = Scratch::new(b"").open();
    let _ = inbox.push(operation(&file, 1));
    let (dropped, _) = inbox.close();
    assert_eq!(dropped.len(), 1);
    assert!(inbox.push(operation(&file, 2)).is_err());
    assert!(!inbox.may_sleep(false));
    assert!(inbox.may_sleep(true));
}
