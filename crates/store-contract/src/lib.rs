//! The contract that every store must fulfil.
//!
//! A promise is a function that takes a fresh store and panics unless the store keeps it. [`store_contract`]
//! turns each into a test:
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

/// Makes a test of every promise, each in the module of its concept. `$fresh` is a function in scope that
/// returns a guard, kept until the test ends, and the ports of an empty store.
#[macro_export]
macro_rules! store_contract {
    ($fresh:ident) => {
        $crate::promises! { $fresh;
            session {
                a_session_is_found_with_its_owner,
                a_session_is_found_after_its_end,
                one_of_racing_ends_succeeds_and_is_recorded,
                an_ended_session_does_not_change,
                an_expired_or_unknown_session_cannot_be_ended,
                an_end_racing_with_refreshes_is_final,
                use_keeps_a_browser_session_alive,
                use_that_changes_nothing_is_not_written,
                use_never_revives_an_expired_session,
                use_never_extends_past_the_absolute_end,
                every_refresh_agrees_with_the_domain,
                a_parent_racing_with_its_successor_is_one_reuse,
                a_racing_foreign_client_takes_nothing_from_the_owner,
                a_racing_sight_and_rotation_are_both_kept,
                one_of_racing_uses_is_written,
                an_end_racing_with_use_is_final,
                an_older_generation_ends_the_session_and_is_recorded,
                racing_reuses_end_the_session_once,
                a_reuse_is_mailed_once,
                a_retired_successor_is_reuse,
                the_parent_is_reuse_after_the_lost_response_window,
                a_replacement_does_not_move_the_lost_response_window,
                strict_mode_renews_one_racer_and_the_next_ends_the_session,
                strict_mode_treats_a_racer_with_an_earlier_instant_as_reuse,
                twenty_racing_refreshes_get_one_successor,
                a_refresh_is_stored_as_returned,
                generations_follow_each_other,
                a_repeated_parent_gets_the_same_successor_and_nothing_is_stored,
                a_late_parent_replaces_an_unseen_successor,
                racing_retries_after_a_lost_response_get_one_replacement,
                a_generation_ahead_of_the_store_is_accepted_and_recorded,
                racing_generations_ahead_of_the_store_get_one_successor_and_one_record,
                an_earlier_instant_does_not_move_the_last_use_back,
                a_session_ends_after_its_idle_time,
                no_refresh_extends_past_the_absolute_end,
                a_foreign_client_is_refused_and_spends_no_generation,
                an_ended_or_expired_session_is_not_refreshed_and_nothing_is_stored,
                sessions_are_refreshed_independently,
                a_sight_is_stored_and_changes_nothing_else,
                the_highest_of_racing_sights_is_kept,
                the_seen_generation_never_decreases,
                seeing_the_successor_retires_its_parent,
                a_racing_sight_and_replacement_agree,
                seeing_an_unknown_session_changes_nothing,
                live_sessions_are_listed_newest_first,
                the_other_sessions_end_together_and_are_recorded,
                racing_ends_of_the_other_sessions_end_each_once,
                all_sessions_end_in_batches_and_each_end_is_recorded,
                racing_ends_of_all_sessions_end_each_once,
            }
            device_authorization {
                an_authorization_is_found_as_it_was_stored,
                an_authorization_is_found_by_either_code,
                an_expired_authorization_is_not_found_by_its_code,
                every_state_is_read_back_unchanged,
                a_user_code_stays_taken_while_it_is_stored,
                one_of_racing_requests_gets_a_user_code,
                an_approval_is_stored_and_recorded,
                a_denial_is_stored_and_recorded,
                one_of_two_racing_accounts_decides,
                one_of_a_racing_approval_and_denial_stands,
                a_decided_authorization_does_not_change,
                an_expired_or_unknown_authorization_is_not_decided,
                an_approval_racing_with_polls_is_claimed_once,
                a_pending_poll_changes_nothing,
                undecided_authorizations_are_found_in_bulk,
                one_of_racing_polls_claims_the_session,
                devices_of_one_account_are_claimed_concurrently,
                the_session_belongs_to_the_client_and_has_the_approvers_authentication,
                a_foreign_client_claims_nothing,
                an_account_disabled_since_the_approval_gets_no_session,
                a_denied_expired_or_unknown_authorization_opens_nothing,
                the_last_instant_of_an_approval_is_in_time,
                an_approval_is_mailed_to_its_owner,
                a_withdrawn_approval_opens_nothing,
                withdrawing_a_claimed_approval_ends_its_session,
                an_authorization_without_approval_is_not_withdrawn,
                no_session_survives_a_race_with_a_withdrawal,
                ending_the_other_sessions_withdraws_their_approvals,
                ending_all_sessions_withdraws_all_approvals,
                no_session_survives_a_race_with_ending_the_others,
                an_ended_session_and_a_disabled_account_decide_nothing,
                no_approval_survives_a_race_with_its_sessions_end,
            }
            magic_link {
                a_link_and_its_mail_are_stored_unchanged,
                one_of_racing_redemptions_signs_in,
                five_wrong_codes_kill_a_link,
                four_wrong_codes_leave_a_link_alive,
                an_unknown_link_is_refused,
                a_link_is_not_issued_when_its_mail_cannot_be_stored,
                a_known_address_signs_in_to_its_account,
                racing_links_to_a_new_address_open_one_account_and_all_sign_in,
                racing_links_to_a_known_address_all_sign_in,
                one_of_racing_redemptions_signs_in_to_a_known_account,
                the_signup_policy_applies_to_new_accounts_only,
                the_signup_policy_checks_the_domain_of_the_link,
                a_link_refused_for_its_account_stays_usable,
                a_disabled_account_is_refused_and_nothing_is_stored,
                a_link_without_target_or_client_info_is_stored_unchanged,
                a_sign_in_is_stored_as_returned,
                a_used_link_stays_used,
                racing_wrong_codes_are_all_counted,
                racing_wrong_codes_do_not_spoil_the_right_one,
                a_wrong_code_opens_nothing,
                a_link_is_valid_to_its_last_instant_and_counts_nothing_afterwards,
                a_browser_session_of_the_same_account_is_renewed_instead_of_opening_one,
                a_session_that_cannot_be_renewed_is_replaced_by_a_new_one,
                an_unknown_session_is_not_renewed,
                racing_renewals_share_the_session,
                an_end_racing_with_a_renewal_is_final,
                racing_requests_issue_no_more_links_than_the_budget_allows,
                a_budget_limits_an_address_per_network_and_in_total,
                racing_requests_from_many_networks_respect_the_budget_of_the_address,
                a_link_over_budget_stores_nothing_with_or_without_an_account,
                ten_wrong_codes_disable_the_codes_of_an_address_but_not_its_links,
                nine_wrong_codes_disable_nothing_and_expire_after_a_day,
                racing_wrong_codes_on_many_links_all_count_against_the_address,
            }
            passkey {
                a_challenge_is_taken_once_and_unchanged,
                one_of_racing_answers_takes_a_challenge,
                an_unknown_challenge_is_not_taken,
                expired_challenges_are_removed_a_few_at_a_time,
                a_passkey_is_stored_unchanged_and_recorded,
                one_of_racing_registrations_gets_a_credential,
                racing_registrations_fill_an_account_up_to_its_limit,
                a_refused_passkey_takes_no_room,
                a_deleted_or_disabled_account_gets_no_passkey,
                a_passkey_signs_in_and_its_use_is_stored,
                one_of_racing_sign_ins_with_one_counter_succeeds,
                racing_counters_end_at_the_highest,
                racing_sign_ins_without_a_counter_all_succeed,
                a_counter_that_does_not_rise_is_recorded_and_changes_nothing,
                a_disabled_account_is_refused_and_its_passkey_does_not_change,
                an_unknown_or_removed_passkey_is_refused,
                a_passkey_renews_the_browser_session_of_its_account_only,
                passkeys_of_one_account_are_listed_in_pages_newest_first,
                a_rename_is_stored_and_recorded_once,
                a_passkey_of_another_account_is_neither_renamed_nor_removed,
                the_last_passkey_can_be_removed_when_mail_is_a_way_in,
                the_last_way_in_cannot_be_removed,
                one_of_racing_removals_of_all_passkeys_is_refused,
                racing_removals_of_many_passkeys_leave_one,
                one_of_racing_removals_of_one_passkey_succeeds,
                a_removed_passkey_makes_room,
                passkey_changes_are_mailed_to_the_owner,
                proving_an_address_removes_what_others_left_in_the_account,
            }
            mail {
                no_mail_is_leased_twice,
                the_oldest_are_leased_first_and_the_newest_listed_first,
                a_deferred_mail_queues_behind_mail_due_before_it,
                a_deferred_mail_becomes_due_again,
                a_worker_that_lost_its_lease_settles_nothing,
                a_leased_mail_is_stored_as_returned,
                every_outcome_is_stored,
                a_mail_that_is_deferred_again_waits_longer,
                one_of_racing_outcomes_counts,
                a_slow_outcome_racing_with_a_new_lease_agrees_with_it,
                an_unknown_mail_is_not_settled,
                every_template_is_stored_and_found,
                only_dead_letters_are_listed_as_dead,
                a_dead_letter_is_requeued_once_and_due_immediately,
                a_mail_that_is_not_dead_is_not_requeued,
            }
            user {
                accounts_are_listed_newest_first,
                an_enabled_account_signs_in_again_and_its_sessions_stay_ended,
                a_changed_profile_is_stored_and_recorded,
                an_unknown_account_is_not_found,
                a_disabled_account_has_no_sessions,
                the_activity_names_the_changed_fields,
                accounts_are_found_by_id_and_by_address,
                racing_profile_changes_are_all_kept,
                one_of_racing_disablings_counts,
                disabling_ends_live_sessions_and_leaves_ended_ones_unchanged,
                no_session_survives_a_race_with_disabling_its_account,
                one_of_racing_sign_ups_with_one_address_opens_an_account,
                a_deleted_account_leaves_nothing,
                nothing_survives_a_race_with_deleting_the_account,
            }
            email_change {
                a_requested_change_is_pending,
                the_profile_and_the_address_change_together_or_not_at_all,
                change_requests_are_limited_by_a_budget,
                a_change_is_confirmed_and_undone,
                a_change_expires_for_confirming_and_for_undoing,
                an_address_of_another_account_is_not_taken,
                undoing_deletes_the_account_that_a_later_sign_in_opened,
                undoing_removes_the_passkeys_added_since,
                a_change_stops_when_another_session_ends_its_session,
                undoing_a_change_also_undoes_later_ones,
                one_of_racing_confirmations_counts,
                changes_are_deleted_with_their_account,
                no_session_of_the_abandoned_address_survives_a_race_with_the_change,
            }
            organization {
                an_organization_is_stored_unchanged,
                one_of_racing_organizations_gets_a_slug,
                members_have_the_role_given_last,
                the_last_owner_cannot_leave,
                one_of_racing_owners_remains,
            }
            health {
                the_figures_count_live_sessions,
                the_figures_count_waiting_and_dead_mails,
            }
            retention {
                an_undecided_authorization_is_purged_after_its_expiry_and_frees_its_user_code,
                a_decided_authorization_has_a_retention_of_its_own,
                links_are_purged_after_their_expiry,
                wrong_code_counts_are_purged_once_they_have_no_effect,
                settled_mails_are_purged_and_waiting_ones_kept,
                email_changes_are_purged_by_age,
                activity_is_purged_by_age,
                a_session_is_purged_after_its_end,
                a_session_in_use_is_kept_until_its_end,
                batches_are_bounded,
                racing_sweepers_remove_each_record_once,
                only_old_addresses_and_user_agents_are_cleared,
                racing_sweepers_clear_each_record_once,
            }
            signing_key {
                one_of_racing_first_keys_is_stored,
                one_of_racing_next_keys_is_stored,
                a_key_is_added_only_where_its_place_is_free,
                every_algorithm_is_stored,
                a_key_is_removed_once,
                a_token_lifetime_only_grows,
                one_of_racing_reseals_is_stored,
                an_emergency_rotation_leaves_one_key,
                an_emergency_rotation_racing_with_the_next_key_drops_the_old_one,
            }
            activity {
                activity_of_one_account_is_listed_newest_first,
                client_info_is_stored_unchanged,
                activity_comes_in_pages,
                every_event_is_stored,
                a_command_that_cannot_be_recorded_is_not_applied,
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
