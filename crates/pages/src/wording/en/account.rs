//! /account in English.

use crate::wording::Around;
use crate::wording::account::{Account, Field, Profile};

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
};
