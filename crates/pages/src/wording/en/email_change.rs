//! The e-mail address in English.

use crate::wording::Around;
use crate::wording::account::Field;
use crate::wording::email_change::EmailChange;

pub const EMAIL_CHANGE: EmailChange = EmailChange {
    heading: "E-mail address",
    now: Around("Your account goes by ", "."),
    pending: Around(
        "It is to go by ",
        ": a message with a link was sent there. The address changes when the link is pressed, and all other sessions \
         end then. To stop it, enter the address that you have now.",
    ),
    new: Field {
        label: "New address",
        hint: "It gets a message with a link. Nothing changes before the link is pressed.",
        wrong: "That is not an e-mail address, so nothing was sent. Check it and try again.",
    },
    button: "Change the address",
    go_on: "You have signed in again. Press the button to go on changing the address.",
    too_many: "Too many changes were asked for, so nothing was sent. Wait an hour and try again.",
};
