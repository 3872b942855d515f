//! Passkeys in English.

use crate::wording::Around;
use crate::wording::account::Field;
use crate::wording::passkey::{Add, Held, One, Passkeys, SignIn, Troubles};

pub const PASSKEYS: Passkeys = Passkeys {
    sign_in: SignIn {
        button: "Sign in with a passkey",
        cancelled: "No passkey was used: it was cancelled, or this device has none for this service. Press the \
                    button to try again, or have a message sent instead.",
        unknown: "This passkey is not known here any more. Use another one, or have a message sent instead.",
        refused: "The passkey was not accepted. Press the button to try again, or have a message sent instead.",
    },
    held: Held {
        heading: "Passkeys",
        about: "A passkey signs you in with your fingerprint, your face or the PIN of your device: there is nothing \
                to type, and nothing that a false page could steal.",
        none: "You have none yet.",
        added: Around("Added ", ""),
        used: Around("last used ", ""),
        never_used: "never used",
        change: "Rename or remove",
        was_added: "The passkey was added. You can sign in with it from now on.",
        was_renamed: "The passkey was renamed.",
        was_removed: "The passkey was removed.",
    },
    add: Add {
        name: Field {
            label: "Name of the new passkey",
            hint: "So that you know it again, such as: my laptop. You may leave it empty.",
            wrong: "",
        },
        button: "Add a passkey",
        go_on: "You have signed in again. Press the button to go on adding the passkey.",
        no_script: "Adding a passkey takes JavaScript, which is off. Turn it on and load this page again.",
        unsupported: "This browser has no passkeys. Open this page in one that does to add one.",
        cancelled: "No passkey was added: it was cancelled, took too long, or this device cannot keep one. Press the \
                    button to try again, perhaps with another device.",
        conflict: "This device has a passkey for your account already. Use that one, or add one on another device.",
        full: "You have as many passkeys as an account can hold. Remove one first, then add the new one.",
        refused: "The passkey was not accepted, and nothing was added. Press the button to try again.",
    },
    one: One {
        heading: "A passkey of yours",
        name: Field {
            label: "Name",
            hint: "At most 128 characters.",
            wrong: "A name has 1 to 128 characters. Nothing was changed yet: correct it and save again.",
        },
        rename: "Save the name",
        remove_heading: "Remove it",
        remove_about: "Nobody can sign in with it afterwards. What it has signed in stays signed in.",
        confirm: "I do not need this passkey any more.",
        remove: "Remove this passkey",
        last: "This passkey is the only way into your account, so it was not removed. Add another passkey or confirm \
               your e-mail address, then remove this one.",
        unconfirmed: "Nothing was removed. Tick the box first, then press the button again.",
        back: "Back to your account",
    },
    troubles: Troubles {
        limited: "Too much has been asked from your network in a short time. Wait a minute and press the button again.",
        busy: "The service is busy just now. Wait a few seconds and press the button again.",
        offline: "The service could not be reached. Check your connection and press the button again.",
        foreign: "This browser did not say that the request comes from this page, so it was refused. Load the page \
                  again, or use another browser.",
    },
    working: "Your browser asks for your passkey…",
};
