//! What every store must prove.
//!
//! A promise is a function that takes a fresh store and panics unless the store keeps it. [`store_contract`]
//! makes a test of each:
//!
//! ```ignore
//! fn fresh() -> (impl Sized, Stores) {
//!     ((), Stores::of(Arc::new(MemoryStore::default())))
//! }
//!
//! keywright_store_contract::store_contract!(fresh);
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test library: a broken promise is a panic"
)]

pub mod activity;
pub mod device_authorization;
pub mod email_change;
pub mod fixture;
pub mod health;
pub mod magic_link;
pub mod mail;
pub mod organization;
pub mod passkey;
mod race;
pub mod retention;
pub mod session;
pub mod signing_key;
pub mod user;

/// Makes a test of every promise, each in the module of its concept. `$fresh` is a function in scope that gives
/// a guard, kept until the test is over, and the ports of a store in which there is nothing.
#[macro_export]
macro_rules! store_contract {
    ($fresh:ident) => {
        $crate::promises! { $fresh;
            session {
                a_session_is_found_with_its_owner,
                a_session_is_found_when_it_is_over,
                of_racing_ends_one_is_true_and_recorded,
                an_ended_session_stays_as_it_ended,
                what_is_expired_or_unknown_cannot_be_ended,
                an_end_that_races_with_refreshes_is_final,
                use_keeps_a_browser_session_alive,
                use_that_is_no_news_is_not_written,
                use_never_revives_a_session_that_is_past_its_time,
                use_never_passes_the_absolute_end,
                every_refresh_comes_to_what_the_domain_says,
                a_parent_and_its_successor_in_a_race_are_one_reuse,
                another_client_takes_nothing_from_the_right_one_in_a_race,
                a_sight_and_a_rotation_that_race_lose_nothing_of_each_other,
                of_racing_uses_one_is_written,
                an_end_that_races_with_use_is_final,
                an_older_generation_ends_the_session_and_is_recorded,
                racers_with_an_older_generation_end_the_session_once,
                a_reuse_is_told_by_mail_once,
                a_retired_successor_is_reuse,
                the_parent_is_reuse_when_the_lost_response_window_is_over,
                a_replacement_does_not_move_the_lost_response_window,
                in_strict_mode_one_racer_is_renewed_and_the_next_ends_the_session,
                in_strict_mode_a_racer_with_an_earlier_instant_is_reuse,
                twenty_racers_with_one_generation_get_one_successor,
                a_refresh_is_stored_as_it_was_answered,
                generations_follow_each_other,
                the_parent_again_gets_the_same_successor_and_nothing_is_stored,
                the_parent_later_replaces_a_successor_that_nobody_has_seen,
                racers_that_lost_the_answer_get_one_replacement,
                a_generation_ahead_of_the_store_is_taken_as_current_and_recorded,
                racers_ahead_of_the_store_get_one_successor_and_one_record,
                an_earlier_instant_does_not_turn_back_the_last_use,
                a_session_ends_after_its_idle_time,
                no_refresh_outlives_the_absolute_end,
                another_client_is_refused_and_does_not_spend_the_generation,
                what_is_over_is_not_refreshed_and_nothing_is_stored,
                sessions_are_refreshed_apart_from_each_other,
                a_sight_is_remembered_and_changes_nothing_else,
                of_racing_sights_the_highest_stays,
                nothing_lowers_what_was_seen,
                the_sight_of_a_successor_ends_the_taking_of_its_parent,
                a_sight_and_a_replacement_that_race_agree,
                the_sight_of_an_unknown_session_is_nothing,
                live_sessions_are_listed_newest_first,
                the_others_end_together_and_are_recorded,
                racing_ends_of_the_others_end_each_once,
                everybodys_sessions_end_in_parts_and_each_is_recorded,
                racing_ends_of_everybodys_sessions_end_each_once,
            }
            device_authorization {
                an_authorization_is_found_as_it_was_begun,
                an_authorization_is_found_by_one_of_its_codes,
                an_expired_authorization_is_not_found_by_its_code,
                every_state_is_found_as_it_is,
                a_user_code_is_taken_as_long_as_it_is_stored,
                of_racers_with_one_user_code_one_begins,
                an_approval_is_stored_and_recorded,
                a_denial_is_stored_and_recorded,
                of_two_accounts_that_race_one_decides,
                of_an_approval_and_a_denial_that_race_one_stands,
                what_is_decided_stays_as_it_is,
                what_is_expired_or_unknown_is_not_decided,
                an_approval_that_races_with_polls_is_claimed_once,
                a_pending_poll_changes_nothing,
                who_waits_for_a_decision_is_told_apart,
                of_racing_polls_one_claims_the_session,
                devices_of_one_account_are_claimed_at_once,
                the_session_is_the_clients_with_the_authentication_of_the_approval,
                another_client_claims_nothing,
                an_account_that_was_disabled_since_gets_no_session,
                a_denied_expired_or_unknown_one_opens_nothing,
                the_last_instant_of_an_approval_is_in_time,
                an_approval_is_told_by_mail,
                an_approval_that_is_taken_back_opens_nothing,
                taking_back_what_was_claimed_ends_its_session,
                what_was_never_approved_is_not_taken_back,
                no_session_survives_a_race_with_the_taking_back,
                approvals_go_with_the_other_sessions_of_an_account,
                approvals_go_with_everybodys_sessions,
                no_session_survives_a_race_with_the_end_of_the_others,
                a_session_that_is_over_and_a_disabled_account_decide_nothing,
                no_approval_survives_a_race_with_the_end_of_its_session,
            }
            magic_link {
                a_link_and_its_mail_are_kept_as_they_are,
                of_racing_redemptions_one_signs_in,
                five_wrong_codes_kill_a_link,
                four_wrong_codes_leave_a_link_alive,
                an_unknown_link_is_refused,
                a_link_whose_mail_cannot_be_kept_is_not_issued,
                a_known_address_signs_in_to_its_account,
                racing_links_to_a_new_address_open_one_account_and_all_sign_in,
                racing_links_to_a_known_address_all_sign_in,
                of_racing_redemptions_one_signs_in_to_a_known_account,
                a_policy_is_for_new_accounts_only,
                a_policy_admits_by_the_domain_of_the_link,
                a_link_that_was_refused_for_its_account_is_good_later,
                a_disabled_account_is_refused_and_nothing_is_stored,
                a_link_without_a_target_or_an_origin_is_kept_as_it_is,
                a_sign_in_is_stored_as_it_was_answered,
                what_is_used_stays_used,
                racing_wrong_codes_are_all_counted,
                wrong_codes_that_race_with_the_right_one_take_nothing_from_it,
                a_wrong_code_opens_nothing,
                an_expired_link_counts_nothing_and_its_last_instant_is_in_time,
                the_browser_session_of_the_same_account_is_renewed_and_none_opened,
                what_cannot_be_renewed_is_left_for_a_new_session,
                an_unknown_session_is_not_renewed,
                racing_renewals_share_the_session,
                an_end_that_races_with_a_renewal_is_final,
                of_racing_requests_only_as_many_links_are_issued_as_the_budget_has,
                a_budget_is_for_one_address_and_network_and_one_address_in_all,
                racing_requests_from_many_networks_keep_to_the_budget_of_the_address,
                a_link_over_the_budget_leaves_nothing_and_an_account_changes_nothing,
                ten_wrong_codes_switch_the_codes_of_an_address_off_and_never_its_links,
                nine_wrong_codes_leave_them_on_and_a_day_forgets_them,
                racing_wrong_codes_on_many_links_are_all_counted_for_the_address,
            }
            passkey {
                a_challenge_is_taken_as_it_was_begun_and_once,
                of_racers_with_one_challenge_one_takes_it,
                an_unknown_challenge_is_not_taken,
                challenges_past_their_time_are_forgotten_a_few_at_a_time,
                a_passkey_is_kept_as_it_is_and_recorded,
                of_racers_with_one_credential_one_registers_it,
                racers_fill_an_account_up_to_its_limit,
                what_was_refused_takes_no_room,
                an_account_that_is_gone_or_disabled_gets_no_passkey,
                a_passkey_signs_in_and_its_use_is_stored,
                of_racers_with_one_counter_one_signs_in,
                a_race_of_counters_ends_at_the_highest,
                without_a_counter_all_racers_sign_in,
                a_counter_that_does_not_rise_is_recorded_and_changes_nothing,
                a_disabled_account_is_refused_and_its_passkey_unchanged,
                an_unknown_or_removed_passkey_is_refused,
                a_passkey_renews_the_browser_session_of_its_account_only,
                passkeys_are_listed_in_pages_newest_first_and_only_ones_own,
                a_name_is_changed_and_recorded_once,
                what_is_not_theirs_is_neither_renamed_nor_removed,
                the_last_passkey_goes_where_mail_is_a_way_in,
                the_last_way_in_stays,
                of_racing_removals_of_all_passkeys_one_is_refused,
                of_racing_removals_of_many_passkeys_all_but_one_succeed,
                of_racing_removals_of_one_passkey_one_counts,
                what_was_removed_makes_room,
                the_owner_of_a_passkey_is_told_by_mail,
                who_proves_an_address_finds_nothing_of_others_in_the_account,
            }
            mail {
                no_mail_is_leased_to_two,
                the_oldest_are_leased_first_and_the_newest_listed_first,
                a_deferred_mail_queues_behind_what_was_due_before,
                a_deferred_mail_comes_due_again,
                who_lost_the_lease_settles_nothing,
                a_leased_mail_is_stored_as_it_was_answered,
                every_outcome_is_stored,
                a_mail_that_is_deferred_again_waits_longer,
                of_racing_outcomes_one_counts,
                a_slow_outcome_and_a_new_lease_that_race_agree,
                an_unknown_mail_is_not_settled,
                every_template_is_kept_and_found,
                dead_letters_are_listed_and_no_others,
                a_dead_letter_is_requeued_once_and_due_at_once,
                what_is_not_dead_is_not_requeued,
            }
            user {
                accounts_are_listed_newest_first,
                an_enabled_account_signs_in_again_and_its_sessions_stay_ended,
                a_changed_profile_is_kept_and_recorded,
                an_unknown_account_is_not_found,
                a_disabled_account_has_no_sessions,
                the_activity_names_the_fields_that_are_different,
                accounts_are_found_by_id_and_by_address,
                racing_changes_lose_nothing_of_each_other,
                of_racing_disablings_one_counts,
                disabling_ends_what_is_live_and_leaves_what_is_over,
                no_session_survives_a_race_with_the_disabling,
                of_racers_with_one_address_one_opens_an_account,
                a_deleted_account_leaves_nothing,
                nothing_survives_a_race_with_the_deletion,
            }
            email_change {
                a_change_that_is_asked_for_is_pending,
                the_profile_changes_with_the_address_or_not_at_all,
                changes_are_asked_for_within_a_budget,
                a_change_is_proven_and_undone,
                a_change_has_its_times,
                an_address_of_another_account_is_not_taken,
                undoing_does_away_with_the_account_that_a_sign_in_has_opened_since,
                undoing_removes_the_passkeys_that_were_added_since,
                a_change_goes_no_further_once_its_session_was_ended_by_another,
                undoing_takes_later_changes_along,
                of_racing_proofs_one_counts,
                changes_go_with_their_account,
                no_session_of_the_other_address_survives_a_race_with_its_change,
            }
            organization {
                an_organization_is_kept_as_it_is,
                of_racing_organizations_with_one_slug_one_is_made,
                members_have_the_role_that_was_given_last,
                the_last_owner_stays,
                of_racing_owners_one_stays,
            }
            health {
                the_figures_count_live_sessions,
                the_figures_count_mails_that_wait_and_that_were_given_up,
            }
            retention {
                an_undecided_authorization_goes_after_its_expiry_and_its_user_code_is_free,
                a_decided_authorization_goes_apart_from_the_others,
                links_go_after_their_expiry,
                an_address_goes_when_it_says_nothing_any_more,
                a_mail_that_waits_stays_and_one_that_is_settled_goes,
                changes_of_addresses_go_by_their_age,
                activity_goes_by_its_age,
                a_session_goes_after_its_end,
                a_session_in_use_stays_until_it_is_over,
                batches_are_bounded,
                of_racing_sweepers_each_record_is_removed_once,
                old_addresses_and_user_agents_are_cleared_and_nothing_else,
                of_racing_sweepers_each_record_is_cleared_once,
            }
            signing_key {
                of_racing_first_keys_one_stands,
                of_racing_next_keys_one_stands,
                a_key_is_added_only_where_its_place_is_free,
                every_algorithm_is_kept,
                a_key_is_removed_once,
                a_token_lifetime_only_grows,
                of_racing_reseals_one_stands,
                an_emergency_leaves_one_key,
                an_emergency_that_races_with_the_next_key_drops_the_old_one,
            }
            activity {
                the_newest_come_first_and_only_ones_own,
                origins_are_kept_as_they_are,
                activity_comes_in_pages,
                every_event_is_kept,
                what_cannot_be_recorded_is_not_done,
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! promises {
    ($fresh:ident; $($concept:ident { $($promise:ident,)+ })+) => {$(
        mod $concept {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $promise() {
                    let (_guard, stores) = super::$fresh();
                    $crate::$concept::$promise(stores).await;
                }
            )+
        }
    )+};
}

#[cfg(test)]
mod tests;
