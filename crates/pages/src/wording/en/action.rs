//! /action in English.

use crate::wording::action::{ActionWords, Actions, Step};
use crate::wording::{Around, Linked, Told};

pub const ACTIONS: Actions = Actions {
    refused: Told {
        heading: "This link does not work",
        text: "It is incomplete, or too old, and nothing was done. Open it from the message once more.",
    },
    see_account: Linked { before: "Or look at ", link: "your account", after: " to see what is signed in." },
    end_device: ActionWords {
        open: Step {
            heading: "Sign this device out?",
            text: Around(
                "This device was signed in as ",
                ". If that was not you, sign it out: then whatever it holds is of no use any more.",
            ),
        },
        done: Step { heading: "The device is signed out", text: Around("It can do nothing more as ", ".") },
        over: Step {
            heading: "The device is not signed in",
            text: Around(
                "It was signed out of the account of ",
                " before, or its time is over. There is nothing left to do.",
            ),
        },
        button: "Sign this device out",
    },
    prove_email: ActionWords {
        open: Step {
            heading: "Take this address?",
            text: Around("The account is to go by ", " from now on. Its other sessions end."),
        },
        done: Step { heading: "The address was changed", text: Around("The account goes by ", " now.") },
        over: Step {
            heading: "Nothing was changed",
            text: Around(
                "The change to ",
                " was done or replaced before, or it cannot be done any more. Ask for it again on the page of your account.",
            ),
        },
        button: "Take this address",
    },
    undo_email: ActionWords {
        open: Step {
            heading: "Undo this change?",
            text: Around(
                "The account is to go by ",
                " again. So that nobody else keeps it, all its sessions end, and passkeys that were added since then are \
                 removed. An account that was opened with this address meanwhile is deleted.",
            ),
        },
        done: Step {
            heading: "The change was undone",
            text: Around(
                "The account goes by ",
                " again, and is signed out everywhere. Sign in to look at its passkeys and its activity.",
            ),
        },
        over: Step {
            heading: "There is nothing to undo",
            text: Around("The change away from ", " was undone before, or it cannot be undone any more."),
        },
        button: "Undo the change",
    },
    old: "Old address",
    new: "New address",
};
