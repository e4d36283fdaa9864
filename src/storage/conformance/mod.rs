//! What every backend promises, as tests that a second backend runs unchanged.
//!
//! `storage_tests!(fresh)` makes one test a promise. `fresh()` makes an empty database and returns a way to open it,
//! which may be called again: that is a restart. `rows` is the data, `units` is about whole units of work, `keys` about
//! the conflicts that verbs answer with, `lists` about what is found again and in which order, `rights` about who may
//! read what, `agreements` about memberships that renew themselves, `books` about what a gateway's books are compared with.

pub(super) mod agreements;
pub(super) mod books;
pub(super) mod keys;
pub(super) mod lists;
pub(super) mod rights;
pub(super) mod rows;
pub(super) mod units;

/// Every promise as a test of the backend that `fresh` makes.
macro_rules! storage_tests {
    ($fresh:expr) => {
        $crate::storage::conformance::storage_tests! { $fresh;
            units: [
                a_unit_that_fails_leaves_nothing_behind,
                a_unit_that_panics_leaves_nothing_behind,
                neighbours_in_one_group_do_not_share_a_failure,
                a_caller_that_goes_away_does_not_cut_its_unit,
                what_was_answered_survives_a_restart,
                a_unit_sees_what_those_before_it_in_the_group_wrote,
                many_waiting_units_share_one_commit,
                a_read_sees_one_snapshot,
                a_read_waits_for_no_unit,
                a_read_may_fail_and_the_next_one_works,
                changes_are_announced_after_the_commit,
                what_was_rolled_back_is_not_announced,
                a_probe_meets_the_disk,
                a_copy_of_a_database_in_use_is_whole,
            ]
            keys: [
                one_amount_has_one_live_hold_and_the_loser_leaves_nothing,
                a_hold_of_another_remark_amount_or_account_is_another,
                a_released_amount_can_be_held_again_and_its_past_stays,
                only_holds_that_are_due_are_released,
                a_released_hold_is_a_fact_of_the_past,
                a_client_names_an_order_once_per_site,
                an_order_is_settled_once_until_it_is_undone,
                the_owners_word_names_one_trade_and_a_receipt_none,
                a_receipt_settles_once_until_it_is_undone,
                an_order_has_one_unlock_in_force,
                a_notice_is_kept_once,
                a_notice_has_one_receipt_and_a_receipt_one_item,
                an_order_that_changed_meanwhile_is_not_overwritten,
                a_message_id_stands_for_one_body,
                a_pairing_is_used_once,
                an_announcer_has_one_pin,
                names_are_taken_once,
            ]
            lists: [
                lists_are_paged_newest_first,
                filters_leave_out_what_they_should,
                candidates_are_the_holds_that_touch_the_time,
                the_past_is_found_over_the_edge_of_a_stretch_of_time,
                earlier_receipts_are_those_that_could_have_an_echo,
                what_is_due_is_found,
                live_orders_are_counted_until_their_window_ends,
                the_log_is_kept_in_order,
                the_largest_id_is_found_wherever_it_is,
                the_census_counts_what_is_there,
                everything_reads_back_as_it_was_written,
            ]
            rights: [
                a_reader_has_one_seat_of_an_unlock_until_he_is_signed_out,
                an_unlock_runs_until_the_last_of_its_renewals,
                a_coupon_is_counted_by_its_orders_that_were_not_given_up,
                a_bundle_names_products_and_a_membership_is_offered_for_all,
                the_keys_of_one_site_are_retired_together,
                a_claim_has_one_inbox_item_without_a_notice,
                orders_are_found_by_when_they_were_made,
            ]
            agreements: [
                a_membership_has_one_agreement_until_it_ends,
                a_period_has_one_charge_until_that_failed,
                agreements_and_charges_are_found_when_they_are_due,
            ]
            books: [
                a_day_is_written_over_and_days_are_listed_newest_first,
                a_difference_is_kept_once_and_has_one_item,
                what_was_settled_and_in_no_bill_is_found,
                a_log_is_watched_for_one_account,
                the_live_holds_of_an_account_are_one_span,
                what_phones_announced_is_each_payment_once,
                a_request_is_one_transfer_and_counts_until_it_fails,
            ]
        }
    };
    ($fresh:expr; $($module:ident: [$($promise:ident,)+])+) => {$(
        mod $module {
            use super::*;
            $(
                #[tokio::test]
                async fn $promise() {
                    $crate::storage::conformance::$module::$promise($fresh()).await;
                }
            )+
        }
    )+};
}

pub(super) use storage_tests;
