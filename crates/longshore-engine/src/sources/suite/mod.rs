//! What every source of file operations promises, as one suite. [`over_every_source`] runs it for the ring
//! and for the workers, so that the two also test each other.

mod faults;
mod races;
mod teardown;
mod transfers;

use crate::fixtures::Fixture;

/// Instantiates each promise for each source.
macro_rules! over_every_source {
    ($($module:ident :: $promise:ident),* $(,)?) => {
        mod ring {
            $(#[test]
            fn $promise() {
                if let Some(fixture) = super::Fixture::over_a_ring() {
                    super::$module::$promise(fixture);
                }
            })*
        }
        mod workers {
            $(#[test]
            fn $promise() {
                super::$module::$promise(super::Fixture::over_workers());
            })*
        }
    };
}

over_every_source! {
    transfers::what_was_written_is_read_back,
    transfers::a_read_is_short_only_at_the_end,
    transfers::nothing_to_transfer_is_success,
    transfers::offsets_beyond_four_gib_work,
    transfers::more_regions_than_one_call_takes,
    transfers::more_bytes_than_one_call_moves,
    transfers::a_direct_read_of_the_unaligned_tail_is_short,
    transfers::errors_are_the_kernels,
    transfers::impossible_requests_are_refused,
    transfers::appends_are_never_torn,
    transfers::an_append_leaves_the_file_position_alone,
    races::random_operations_end_once_with_the_right_data,
    races::a_cancel_races_with_completion,
    races::cancelling_all_counts_each_once,
    races::a_cancel_leaves_other_handles_alone,
    races::not_now_is_asked_again,
    races::not_now_can_be_cancelled,
    races::no_wake_up_is_lost,
    races::the_issuing_thread_may_exit,
    teardown::closing_releases_no_memory_the_kernel_writes_to,
    teardown::what_runs_at_the_close_ends_without_a_packet,
    teardown::closing_drops_everything_without_a_packet,
    teardown::a_closed_source_drops_what_is_issued,
    teardown::dropping_the_source_closes_it,
    teardown::without_a_sink_operations_are_dropped,
    faults::a_payload_that_panics_in_drop_harms_nobody,
    faults::a_payload_that_panics_in_acquire_fails_alone,
    faults::a_payload_that_panics_in_regions_fails_alone,
    faults::a_failed_acquire_is_the_operations_error,
    faults::acquire_is_called_once,
}
