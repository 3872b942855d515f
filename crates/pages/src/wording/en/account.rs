//! /account in English.

use crate::wording::Around;
use crate::wording::account::{Account, Activity, Events, Field, Profile, Sessions};

pub const ACCOUNT: Account = Account {
    heading: "Your account",
    who: Around("You are signed in as ", "."),
    saved: "Saved.",
    profile: Profile {
        heading: "Profile",
        name: Field {
            label: "Name",
            hint: "At most 128 characters.",
            wrong: "A name has 1 to 128 characters. Once there is one it can be changed, not removed.",
        },
        avatar_url: Field {
            label: "Picture",
            hint: "The address of a picture of you. It begins with https://",
            wrong: "This is no address that begins with https:// and has at most 2048 characters. Correct it, or \
                    leave the field empty to have no picture.",
        },
        locale: Field {
            label: "Language",
            hint: "A language tag, such as en, de or pt-BR. These pages speak English and German.",
            wrong: "This is no language tag. Enter one such as en, de or pt-BR.",
        },
        time_zone: Field {
            label: "Time zone",
            hint: "By its name, such as Europe/Lisbon.",
            wrong: "There is no time zone of this name. Enter one such as Europe/Lisbon or America/New_York.",
        },
        save: "Save",
        refused: "Nothing was saved yet. Correct the fields that are marked, then save again.",
    },
    sessions: Sessions {
        heading: "Where you are signed in",
        about: "Browsers, devices and tools that can act as you. End what you do not know or no longer use: it \
                has to sign in again.",
        this_one: "This browser",
        signed_in: Around("Signed in ", ""),
        used: Around("last used ", ""),
        end: "End",
        end_others: "End all others",
        more: "There are more than these. End all others to be rid of them.",
    },
    activity: Activity {
        heading: "What happened",
        about: "The latest first. If something here was not you, end all other sessions.",
        events: Events {
            signed_in: "Signed in",
            signed_out: "Signed out",
            session_ended: "A session was ended",
            refresh_reuse_detected: "A copied credential was used, and its session was ended",
            refresh_ahead_of_store: "A session went on after the server was restored",
            device_approved: "A device was approved",
            device_denied: "A device was denied",
            passkey_added: "A passkey was added",
            passkey_renamed: "A passkey was renamed",
            passkey_removed: "A passkey was removed",
            passkey_counter_rejected: "A passkey was refused: it may have been copied",
            profile_changed: "The profile was changed",
            email_change_requested: "A change of the e-mail address was asked for",
            email_changed: "The e-mail address was changed",
            account_disabled: "The account was disabled",
        },
    },
};
