//! A task in memory: one allocation with its state, its future and, later, its output.

use super::state::{AfterPoll, State};
use super::{Id, JoinError};
use crate::sync::{self, Mutex, UnsafeCell, lock, place};
use std::any::Any;
use std::future::Future;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};

/// Where tasks that are woken go, and who hears that one is over. The runtime; a queue in the models.
pub(crate) trait Schedule: Send + Sync + 'static {
    /// Sees to it that [`Scheduled::run`] is called, or drops it, which cancels the task.
    fn schedule(&self, task: Scheduled);

    /// The task of this index has completed.
    fn completed(&self, index: usize);
}

/// What a task is apart from its future.
pub(crate) struct Header {
    pub(crate) state: State,
    vtable: &'static VTable,
    scheduler: Arc<dyn Schedule>,
    /// Who awaits the join handle.
    joiner: Mutex<Option<Waker>>,
    pub(crate) description: Description,
}

/// How a task can be told from the others.
#[derive(Clone, Debug)]
pub(crate) struct Description {
    pub(crate) id: Id,
    /// In the scheduler's list.
    pub(crate) index: usize,
    pub(crate) name: Option<Arc<str>>,
    pub(crate) spawned_at: &'static Location<'static>,
}

struct VTable {
    /// Polls the future; true if it has ended, and the output is in its place.
    poll: unsafe fn(NonNull<Header>, &mut Context<'_>) -> bool,
    /// Drops the future and puts an error in its place.
    cancel: unsafe fn(NonNull<Header>),
    /// Moves the output to a `Result<Output, JoinError>`.
    take_output: unsafe fn(NonNull<Header>, *mut ()),
    drop_output: unsafe fn(NonNull<Header>),
    free: unsafe fn(NonNull<Header>),
}

enum Stage<F: Future> {
    Future(F),
    Output(Result<F::Output, JoinError>),
    Nothing,
}

/// The header comes first, so that a pointer to it is one to the cell.
#[repr(C)]
struct Cell<F: Future> {
    header: Header,
    stage: UnsafeCell<Stage<F>>,
}

/// A counted reference to a task.
pub(crate) struct TaskRef(NonNull<Header>);

// SAFETY: what a reference gives access to is atomic or locked; the future, which is `Send`, and the output,
// which is `Send`, are touched by whom the state says, one at a time.
unsafe impl Send for TaskRef {}
// SAFETY: as above.
unsafe impl Sync for TaskRef {}

/// The right to run a task once. Dropping it instead cancels the task: nobody else will ever run it.
pub(crate) struct Scheduled(TaskRef);

impl TaskRef {
    /// A task that is scheduled: its reference, and the right to run it.
    pub(crate) fn new<F>(
        future: F,
        scheduler: Arc<dyn Schedule>,
        description: Description,
    ) -> (TaskRef, Scheduled)
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let header = Header {
            state: State::new(2),
            vtable: const { &Cell::<F>::VTABLE },
            scheduler,
            joiner: Mutex::new(None),
            description,
        };
        let cell = Box::new(Cell { header, stage: UnsafeCell::new(Stage::Future(future)) });
        let pointer = NonNull::from(Box::leak(cell)).cast::<Header>();
        (TaskRef(pointer), Scheduled(TaskRef(pointer)))
    }

    #[inline]
    pub(crate) fn header(&self) -> &Header {
        // SAFETY: the reference keeps the cell, and of it everybody has shared references to the header only.
        unsafe { self.0.as_ref() }
    }

    /// Has the task polled, unless that is on its way.
    #[inline]
    pub(crate) fn wake(&self) {
        if self.header().state.wake() {
            // The reference is the one that `wake` has added.
            self.header().scheduler.schedule(Scheduled(TaskRef(self.0)));
        }
    }

    /// Requests the end: the next one to run the task drops its future.
    pub(crate) fn abort(&self) {
        self.header().state.abort();
        self.wake();
    }

    /// Has the waker woken when the task completes. False if it has completed, and the waker is not kept.
    pub(crate) fn await_completion(&self, waker: &Waker) -> bool {
        let header = self.header();
        let mut spare = None;
        loop {
            let mut joiner = lock(&header.joiner);
            // Completion is announced before the lock is taken for whom to wake (`complete`). So either it is
            // seen here, or the waker is seen there.
            if header.state.is_completed() {
                return false;
            }
            let placed = place(&mut joiner, waker, &mut spare);
            drop(joiner);
            if placed {
                return true;
            }
            spare = Some(waker.clone());
        }
    }

    /// Takes the output of a task that has completed.
    ///
    /// # Safety
    /// The task has completed, its future's output is a `T`, and the caller is its
    /// join handle, which comes once.
    pub(crate) unsafe fn take_output<T>(&self) -> Result<T, JoinError> {
        let mut output = std::mem::MaybeUninit::<Result<T, JoinError>>::uninit();
        // SAFETY: the caller's promises; the place is writable and of the right type.
        unsafe {
            (self.header().vtable.take_output)(self.0, output.as_mut_ptr().cast());
            output.assume_init()
        }
    }

    /// The join handle goes.
    pub(crate) fn withdraw(&self) {
        if self.header().state.withdraw() {
            // Who waited for the handle waits no more.
            let waker = lock(&self.header().joiner).take();
            drop(waker);
        } else {
            self.drop_output();
        }
    }

    /// Drops the output, which is the caller's. A panic of its destructor is reported and goes no further.
    fn drop_output(&self) {
        // SAFETY: the task has completed, and the state has made the output the caller's (step 5).
        let dropped =
            catch_unwind(AssertUnwindSafe(|| unsafe { (self.header().vtable.drop_output)(self.0) }));
        if let Err(panic) = dropped {
            self.header().description.report(&*panic, "the output of a task panicked while it was dropped");
        }
    }

    /// The last steps of a task: the output is in its place.
    fn complete(&self) {
        let header = self.header();
        header.scheduler.completed(header.description.index);
        if header.state.complete() {
            let waker = lock(&header.joiner).take();
            if let Some(waker) = waker {
                sync::wake(waker);
            }
        } else {
            self.drop_output();
        }
    }
}

impl Clone for TaskRef {
    #[inline]
    fn clone(&self) -> TaskRef {
        self.header().state.add_reference();
        TaskRef(self.0)
    }
}

impl Drop for TaskRef {
    #[inline]
    fn drop(&mut self) {
        if self.header().state.drop_reference() {
            // SAFETY: that was the last reference.
            unsafe { (self.header().vtable.free)(self.0) };
        }
    }
}

impl Scheduled {
    /// Sends it to its scheduler once more.
    pub(crate) fn reschedule(self) {
        let scheduler = self.0.header().scheduler.clone();
        scheduler.schedule(self);
    }

    pub(crate) fn description(&self) -> &Description {
        &self.0.header().description
    }

    /// Polls the task, on this thread.
    #[inline]
    pub(crate) fn run(self) {
        // The right is used up here; the reference goes on.
        let task = ManuallyDrop::new(self);
        // SAFETY: `task` is not dropped, so the reference is moved out of it once.
        let task = unsafe { std::ptr::read(&task.0) };
        let header = task.header();
        if !header.state.begin() {
            return task.cancel();
        }
        // A waker that counts as none, as `task` outlives it.
        let waker = ManuallyDrop::new(waker(task.0));
        let mut context = Context::from_waker(&waker);
        // SAFETY: RUNNING is ours, since `begin`.
        if unsafe { (header.vtable.poll)(task.0, &mut context) } {
            task.complete();
        } else if header.state.pause() == AfterPoll::Again {
            Scheduled(task).reschedule();
        }
    }
}

impl TaskRef {
    /// Drops the future. The caller has RUNNING.
    #[cold]
    fn cancel(&self) {
        // SAFETY: RUNNING is the caller's.
        unsafe { (self.header().vtable.cancel)(self.0) };
        self.complete();
    }
}

impl Drop for Scheduled {
    fn drop(&mut self) {
        self.0.header().state.begin();
        self.0.cancel();
    }
}

impl Description {
    pub(crate) fn report(&self, panic: &(dyn Any + Send), what: &str) {
        let message = panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("(no message)");
        tracing::error!(task = %self.id, name = self.name.as_deref(), spawned_at = %self.spawned_at, message, "{what}");
    }
}

impl<F> Cell<F>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    const VTABLE: VTable = VTable {
        poll: Self::poll,
        cancel: Self::cancel,
        take_output: Self::take_output,
        drop_output: Self::drop_output,
        free: Self::free,
    };

    /// # Safety
    /// The header is that of such a cell, and RUNNING is the caller's.
    unsafe fn poll(header: NonNull<Header>, context: &mut Context<'_>) -> bool {
        // SAFETY: the caller's promise.
        let cell = unsafe { header.cast::<Self>().as_ref() };
        cell.stage.with_mut(|stage| {
            let polled = catch_unwind(AssertUnwindSafe(|| {
                // SAFETY: the stage is the caller's.
                let Stage::Future(future) = (unsafe { &mut *stage }) else {
                    unreachable!("a task that is polled has not completed")
                };
                // SAFETY: the future does not move: it stays in its cell until it is dropped there.
                unsafe { Pin::new_unchecked(future) }.poll(context)
            }));
            let output = match polled {
                Ok(Poll::Pending) => return false,
                Ok(Poll::Ready(output)) => Ok(output),
                Err(panic) => Err(cell.panicked(panic)),
            };
            // SAFETY: the stage is the caller's.
            unsafe { cell.finish(stage, output) };
            true
        })
    }

    /// # Safety
    /// As for [`Cell::poll`].
    unsafe fn cancel(header: NonNull<Header>) {
        // SAFETY: the caller's promise.
        let cell = unsafe { header.cast::<Self>().as_ref() };
        cell.stage.with_mut(|stage| {
            let error = JoinError::cancelled(cell.header.description.id);
            // SAFETY: the stage is the caller's.
            unsafe { cell.finish(stage, Err(error)) };
        });
    }

    fn panicked(&self, panic: Box<dyn Any + Send>) -> JoinError {
        self.header.description.report(&*panic, "a task panicked");
        JoinError::panicked(self.header.description.id, panic)
    }

    /// Drops the future and leaves the output. If the future's destructor panics, that is the output.
    ///
    /// # Safety
    /// The stage is this cell's, and the caller's alone.
    unsafe fn finish(&self, stage: *mut Stage<F>, output: Result<F::Output, JoinError>) {
        // SAFETY: the caller's promise. The assignment drops the old stage in place,
        // and writes even if that panics.
        let dropped = catch_unwind(AssertUnwindSafe(|| unsafe { *stage = Stage::Nothing }));
        let output = match dropped {
            Ok(()) => output,
            Err(panic) => {
                if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(output))) {
                    let what = "the output of a task panicked while it was dropped";
                    self.header.description.report(&*panic, what);
                }
                Err(self.panicked(panic))
            }
        };
        // SAFETY: the caller's promise; there is nothing to drop.
        unsafe { stage.write(Stage::Output(output)) };
    }

    /// # Safety
    /// The header is that of such a cell, which has completed; the output is the
    /// caller's; `place` is for its type.
    unsafe fn take_output(header: NonNull<Header>, place: *mut ()) {
        // SAFETY: the caller's promise.
        let cell = unsafe { header.cast::<Self>().as_ref() };
        cell.stage.with_mut(|stage| {
            // SAFETY: as above.
            let taken = std::mem::replace(unsafe { &mut *stage }, Stage::Nothing);
            let Stage::Output(output) = taken else { panic!("a join handle was polled after it was ready") };
            // SAFETY: as above.
            unsafe { place.cast::<Result<F::Output, JoinError>>().write(output) };
        });
    }

    /// # Safety
    /// The header is that of such a cell, which has completed; the output is the caller's.
    unsafe fn drop_output(header: NonNull<Header>) {
        // SAFETY: the caller's promise.
        let cell = unsafe { header.cast::<Self>().as_ref() };
        // SAFETY: as above.
        cell.stage.with_mut(|stage| unsafe { *stage = Stage::Nothing });
    }

    /// # Safety
    /// The header is that of such a cell, and nobody refers to it any more.
    unsafe fn free(header: NonNull<Header>) {
        // SAFETY: the cell came from a box, and the caller has it alone.
        drop(unsafe { Box::from_raw(header.cast::<Self>().as_ptr()) });
    }
}

static WAKER: RawWakerVTable = RawWakerVTable::new(clone_waker, wake, wake_by_ref, drop_waker);

/// Whether it is the waker of one of our tasks. Those are not foreign: to clone one is to count.
#[inline]
pub(crate) fn is_a_tasks(waker: &Waker) -> bool {
    std::ptr::eq(waker.vtable(), &WAKER)
}

/// A waker that owns one reference to the task.
fn waker(task: NonNull<Header>) -> Waker {
    // SAFETY: the functions of the table do for such a pointer what the contract of `RawWakerVTable` asks.
    unsafe { Waker::new(task.as_ptr().cast_const().cast(), &WAKER) }
}

/// # Safety
/// `data` is a waker's.
unsafe fn reference(data: *const ()) -> TaskRef {
    // SAFETY: the caller's promise: it is not null.
    TaskRef(unsafe { NonNull::new_unchecked(data.cast_mut().cast()) })
}

unsafe fn clone_waker(data: *const ()) -> RawWaker {
    // SAFETY: the waker keeps its own reference.
    unsafe { ManuallyDrop::new(reference(data)).header().state.add_reference() };
    RawWaker::new(data, &WAKER)
}

unsafe fn wake(data: *const ()) {
    // SAFETY: the waker's reference is moved here.
    unsafe { reference(data) }.wake();
}

unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: the waker keeps its own reference.
    ManuallyDrop::new(unsafe { reference(data) }).wake();
}

unsafe fn drop_waker(data: *const ()) {
    // SAFETY: the waker's reference is moved here.
    drop(unsafe { reference(data) });
}
