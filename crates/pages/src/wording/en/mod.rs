//! English.

mod account;
mod action;
mod api;
mod email_change;
mod passkey;

use crate::wording::span::{Spans, Units};
use crate::wording::text::{
    Again, Around, CheckMail, Consent, Device, Inbox, Linked, MagicLink, Notices, Outcomes, Problems, SignIn,
    SignedIn, Told, Wording,
};

pub static WORDING: Wording = Wording {
    language: "en",
    error: "Error: ",
    sign_in: SignIn {
        heading: "Sign in",
        again: AGAIN,
        email: "E-mail address",
        email_hint: "You get a message with a link and a code. There is no password.",
        send: "Send the message",
    },
    check_mail: CheckMail {
        heading: "Check your mail",
        sent: Around("If ", " can sign in here, a message with a link and a code is on its way."),
        good_for: Around("Both are good for ", ", once."),
        code: "Code from the message",
        code_hint: "Six digits. The code works only here, where you asked for it; the link works on any device.",
        sign_in: "Sign in",
        no_message: "No message after a minute? Look in the folder for spam, or ask for another one:",
        send_another: "Send another message",
        other_address: "Use another address",
    },
    magic_link: MagicLink {
        heading: "Sign in with a link",
        press: "Press the button to sign in on this device. If you did not ask for this message, close this page: \
                nothing happens.",
        no_script: "Reading the link takes JavaScript, which is off. Turn it on and open the link again, or enter \
                    the six-digit code from the message on the page where you asked for it.",
        missing: Linked {
            before: "There is nothing to sign in with in this address. Open the link in the message again, or ",
            link: "ask for a new message",
            after: ".",
        },
        refused: Linked {
            before: "This link has been used or has expired. ",
            link: "Ask for a new message",
            after: ".",
        },
        busy: "The service is busy just now. Wait a few seconds and press the button again.",
        offline: "The service could not be reached. Check your connection and press the button again.",
        foreign: "This browser did not say that the request comes from this page, so it was refused. Enter the \
                  six-digit code from the message on the page where you asked for it, or use another browser.",
        working: "Signing in…",
        sign_in: "Sign in",
    },
    signed_in: SignedIn {
        title: "Signed in",
        heading: "You are signed in",
        who: Around("As ", "."),
        go_on: "Continue to where you were going",
        device: "Sign in a device with its code",
        account: "Your account",
        sign_out: "Sign out",
    },
    device: Device {
        heading: "Sign in a device",
        sign_in_first: "A device shows you a code and asks you to enter it here. Sign in yourself first.",
        sign_in: "Sign in and come back",
        code: "Code on your device",
        code_hint: "Eight letters. You see what asks for access before you decide.",
        code_shape: "XXXX-XXXX",
        go_on: "Continue",
        who: Around("You are signed in as ", "."),
        not_you: "Not you?",
    },
    consent: Consent {
        title: "Sign in this device?",
        heading: "Did you start this on your own device?",
        asks: Around("Something asks to be signed in as ", "."),
        only_if: "Approve it only if you have the device before you, you started this yourself, and it shows the \
                  same code. If somebody sent you the code, deny it.",
        code: "Code",
        device_name: "Name of the device (unverified)",
        none_given: "None given",
        client: "Program",
        client_id: Around("(client id ", ")"),
        address: "Address",
        browser: "Browser or program (unverified)",
        system: "System (unverified)",
        user_agent: "In its own words (unverified)",
        unknown: "Unknown",
        asked: "Asked",
        other_network: Around(
            "This request comes from another network than yours (",
            "). If the device is in the same place as you, deny it.",
        ),
        confirm: "I started this myself, and the device before me shows this code.",
        deny: "Deny",
        approve: "Approve",
    },
    outcomes: OUTCOMES,
    notices: Notices {
        bad_address: "That is not an e-mail address. Check it and try again.",
        bad_code: "The code has six digits. Type it as it stands in the message.",
        wrong_code: "That code is wrong, used or expired. Take the one from the newest message, or have another \
                     message sent.",
        start_again: "That form was incomplete. Ask for a new message here.",
        no_such_device: "There is no such code. Compare it with the one on your device. If it is the same, it has \
                         expired: start again on the device.",
        too_many: "Too many attempts. Wait a few minutes and try again.",
        unavailable: "The service cannot be reached just now. Wait a few seconds and try again.",
        broken: "Something went wrong on the server, and it has been logged. Try again; if it happens again, tell \
                 whoever runs this service.",
    },
    problems: PROBLEMS,
    actions: action::ACTIONS,
    account: account::ACCOUNT,
    email_change: email_change::EMAIL_CHANGE,
    passkeys: passkey::PASSKEYS,
    api: api::API,
    inbox: Inbox {
        heading: "Development inbox",
        about: "The mail that this server would have sent, newest first.",
        reload: "Reload",
        empty: "Nothing yet.",
        to: Around("To ", ""),
    },
    spans: Spans { just_now: "just now", ago: Around("", " ago"), units_ago: UNITS, units: UNITS },
};

const AGAIN: Again = Again {
    heading: "Sign in again",
    add_passkey: "It has been a while since you signed in. Sign in once more to add a passkey: it is enough for a few \
                  minutes, and you come back to where you were.",
    remove_passkey: "It has been a while since you signed in. Sign in once more to remove a passkey: it is enough for \
                     a few minutes, and you come back to where you were.",
    change_email: "It has been a while since you signed in. Sign in once more to change your e-mail address: it is \
                   enough for a few minutes, and you come back to where you were.",
};

const UNITS: Units = Units { minute: ["minute", "minutes"], hour: ["hour", "hours"], day: ["day", "days"] };

const OUTCOMES: Outcomes = Outcomes {
    approved: Told {
        heading: "Approved",
        text: "Your device will be signed in within a few seconds. You can close this page and go back to your \
               device.",
    },
    denied: Told {
        heading: "Denied",
        text: "The device will not be signed in. You can close this page and go back to your device.",
    },
    already_decided: Told {
        heading: "Already decided",
        text: "You have approved or denied this code before, and that stands. If the device still waits, start \
               again there.",
    },
    new_code: "Enter the new code of the device",
    opened_by_device: Told {
        heading: "Not from this device",
        text: "This browser was signed in by a device's code itself, so it cannot sign in others. Open this page \
               where you signed in by mail or with a passkey.",
    },
    not_fresh: Told {
        heading: "Sign in again first",
        text: "It has been a while since you signed in. Sign out and in again, then enter the code once more.",
    },
    sign_in_again: "Sign out and in again",
};

const PROBLEMS: Problems = Problems {
    not_from_here: Told {
        heading: "Not from here",
        text: "The form was not sent from one of this server's own pages, so nothing was done. Open the page \
               again and send it from there.",
    },
    not_found: Told {
        heading: "Not found",
        text: "There is nothing at this address. Check it, or go to the sign-in page.",
    },
    not_for_looking_at: Told {
        heading: "Not for looking at",
        text: "This address is not for looking at. Go to the sign-in page.",
    },
    too_large: Told {
        heading: "Too large",
        text: "What was sent is larger than anything a form here takes, so nothing was done. Go back and send \
               less.",
    },
    too_many: Told {
        heading: "Too many requests",
        text: "Too much has been asked from your network in a short time. Wait a minute and try again.",
    },
    unavailable: Told {
        heading: "Unavailable",
        text: "The service cannot be reached just now, and nothing was done. Wait a few seconds and try again.",
    },
    broken: Told {
        heading: "Something went wrong",
        text: "Something went wrong on the server, and it has been logged. Try again; if it happens again, tell \
               whoever runs this service.",
    },
    not_understood: Told {
        heading: "Not understood",
        text: "What was sent could not be understood, so nothing was done. Go back, reload the page and try again.",
    },
    to_sign_in: "To the sign-in page",
};
