//! English.

use keywright_domain::activity::Event;

use super::duration::{Affixes, Durations, Units};
use super::text::{
    Account, ActionTexts, Actions, Activity, AddPasskey, Again, Announcement, Api, CheckMail, Consent,
    Device, EditPasskey, EmailChange, Field, Inbox, Linked, MagicLink, Outcomes, PasskeyList, PasskeySignIn,
    PasskeyTroubles, Passkeys, Problems, Profile, Sessions, SignIn, SignedIn, Step, Wording,
};
use crate::notice::Notice;

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
        sent: Affixes("If ", " can sign in here, a message with a link and a code is on its way."),
        good_for: Affixes("Both are good for ", ", once."),
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
        who: Affixes("As ", "."),
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
        who: Affixes("You are signed in as ", "."),
        not_you: "Not you?",
    },
    consent: Consent {
        title: "Sign in this device?",
        heading: "Did you start this on your own device?",
        asks: Affixes("Something asks to be signed in as ", "."),
        only_if: "Approve it only if you have the device before you, you started this yourself, and it shows the \
                  same code. If somebody sent you the code, deny it.",
        code: "Code",
        device_name: "Name of the device (unverified)",
        none_given: "None given",
        client: "Program",
        client_id: Affixes("(client id ", ")"),
        address: "Address",
        browser: "Browser or program (unverified)",
        system: "System (unverified)",
        user_agent: "In its own words (unverified)",
        unknown: "Unknown",
        asked: "Asked",
        other_network: Affixes(
            "This request comes from another network than yours (",
            "). If the device is in the same place as you, deny it.",
        ),
        confirm: "I started this myself, and the device before me shows this code.",
        deny: "Deny",
        approve: "Approve",
    },
    outcomes: OUTCOMES,
    notice,
    problems: PROBLEMS,
    actions: ACTIONS,
    account: ACCOUNT,
    email_change: EMAIL_CHANGE,
    passkeys: PASSKEYS,
    api: API,
    inbox: Inbox {
        heading: "Development inbox",
        about: "The mail that this server would have sent, newest first.",
        reload: "Reload",
        empty: "Nothing yet.",
        to: Affixes("To ", ""),
    },
    durations: Durations { just_now: "just now", ago: Affixes("", " ago"), units_ago: UNITS, units: UNITS },
};

fn notice(notice: Notice) -> &'static str {
    match notice {
        Notice::BadAddress => "That is not an e-mail address. Check it and try again.",
        Notice::BadCode => "The code has six digits. Type it as it stands in the message.",
        Notice::WrongCode => {
            "That code is wrong, used or expired. Take the one from the newest message, or have another \
                     message sent."
        }
        Notice::StartAgain => "That form was incomplete. Ask for a new message here.",
        Notice::NoSuchDevice => {
            "There is no such code. Compare it with the one on your device. If it is the same, it has \
                         expired: start again on the device."
        }
        Notice::TooMany => "Too many attempts. Wait a few minutes and try again.",
        Notice::Unavailable => "The service cannot be reached just now. Wait a few seconds and try again.",
        Notice::Broken => {
            "Something went wrong on the server, and it has been logged. Try again; if it happens again, tell \
                 whoever runs this service."
        }
    }
}

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
    approved: Announcement {
        heading: "Approved",
        text: "Your device will be signed in within a few seconds. You can close this page and go back to your \
               device.",
    },
    denied: Announcement {
        heading: "Denied",
        text: "The device will not be signed in. You can close this page and go back to your device.",
    },
    already_decided: Announcement {
        heading: "Already decided",
        text: "You have approved or denied this code before, and that stands. If the device still waits, start \
               again there.",
    },
    new_code: "Enter the new code of the device",
    opened_by_device: Announcement {
        heading: "Not from this device",
        text: "This browser was signed in by a device's code itself, so it cannot sign in others. Open this page \
               where you signed in by mail or with a passkey.",
    },
    not_fresh: Announcement {
        heading: "Sign in again first",
        text: "It has been a while since you signed in. Sign out and in again, then enter the code once more.",
    },
    sign_in_again: "Sign out and in again",
};

const PROBLEMS: Problems = Problems {
    forbidden: Announcement {
        heading: "Not from here",
        text: "The form was not sent from one of this server's own pages, so nothing was done. Open the page \
               again and send it from there.",
    },
    not_found: Announcement {
        heading: "Not found",
        text: "There is nothing at this address. Check it, or go to the sign-in page.",
    },
    method_not_allowed: Announcement {
        heading: "Not for looking at",
        text: "This address is not for looking at. Go to the sign-in page.",
    },
    too_large: Announcement {
        heading: "Too large",
        text: "What was sent is larger than anything a form here takes, so nothing was done. Go back and send \
               less.",
    },
    too_many: Announcement {
        heading: "Too many requests",
        text: "Too much has been asked from your network in a short time. Wait a minute and try again.",
    },
    unavailable: Announcement {
        heading: "Unavailable",
        text: "The service cannot be reached just now, and nothing was done. Wait a few seconds and try again.",
    },
    broken: Announcement {
        heading: "Something went wrong",
        text: "Something went wrong on the server, and it has been logged. Try again; if it happens again, tell \
               whoever runs this service.",
    },
    bad_request: Announcement {
        heading: "Not understood",
        text: "What was sent could not be understood, so nothing was done. Go back, reload the page and try again.",
    },
    to_sign_in: "To the sign-in page",
};

const ACCOUNT: Account = Account {
    heading: "Your account",
    who: Affixes("You are signed in as ", "."),
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
        signed_in: Affixes("Signed in ", ""),
        used: Affixes("last used ", ""),
        end: "End",
        end_others: "End all others",
        more: "There are more than these. End all others to be rid of them.",
    },
    activity: Activity {
        heading: "What happened",
        about: "The latest first. If something here was not you, end all other sessions.",
        event,
    },
};

fn event(event: Event) -> &'static str {
    match event {
        Event::SignedIn => "Signed in",
        Event::SignedOut => "Signed out",
        Event::SessionEnded => "A session was ended",
        Event::RefreshReuseDetected => "A copied credential was used, and its session was ended",
        Event::RefreshAheadOfStore => "A session went on after the server was restored",
        Event::DeviceApproved => "A device was approved",
        Event::DeviceDenied => "A device was denied",
        Event::PasskeyAdded => "A passkey was added",
        Event::PasskeyRenamed => "A passkey was renamed",
        Event::PasskeyRemoved => "A passkey was removed",
        Event::PasskeyCounterRejected => "A passkey was refused: it may have been copied",
        Event::ProfileChanged => "The profile was changed",
        Event::EmailChangeRequested => "A change of the e-mail address was asked for",
        Event::EmailChanged => "The e-mail address was changed",
        Event::AccountDisabled => "The account was disabled",
    }
}

const EMAIL_CHANGE: EmailChange = EmailChange {
    heading: "E-mail address",
    now: Affixes("Your account goes by ", "."),
    pending: Affixes(
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

const PASSKEYS: Passkeys = Passkeys {
    sign_in: PasskeySignIn {
        button: "Sign in with a passkey",
        cancelled: "No passkey was used: it was cancelled, or this device has none for this service. Press the \
                    button to try again, or have a message sent instead.",
        unknown: "This passkey is not known here any more. Use another one, or have a message sent instead.",
        refused: "The passkey was not accepted. Press the button to try again, or have a message sent instead.",
    },
    list: PasskeyList {
        heading: "Passkeys",
        about: "A passkey signs you in with your fingerprint, your face or the PIN of your device: there is nothing \
                to type, and nothing that a false page could steal.",
        none: "You have none yet.",
        added: Affixes("Added ", ""),
        used: Affixes("last used ", ""),
        never_used: "never used",
        change: "Rename or remove",
        was_added: "The passkey was added. You can sign in with it from now on.",
        was_renamed: "The passkey was renamed.",
        was_removed: "The passkey was removed.",
    },
    add: AddPasskey {
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
    edit: EditPasskey {
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
    troubles: PasskeyTroubles {
        limited: "Too much has been asked from your network in a short time. Wait a minute and press the button again.",
        busy: "The service is busy just now. Wait a few seconds and press the button again.",
        offline: "The service could not be reached. Check your connection and press the button again.",
        foreign: "This browser did not say that the request comes from this page, so it was refused. Load the page \
                  again, or use another browser.",
    },
    working: "Your browser asks for your passkey…",
};

const ACTIONS: Actions = Actions {
    refused: Announcement {
        heading: "This link does not work",
        text: "It is incomplete, or too old, and nothing was done. Open it from the message once more.",
    },
    see_account: Linked { before: "Or look at ", link: "your account", after: " to see what is signed in." },
    end_device: ActionTexts {
        open: Step {
            heading: "Sign this device out?",
            text: Affixes(
                "This device was signed in as ",
                ". If that was not you, sign it out: then whatever it holds is of no use any more.",
            ),
        },
        done: Step { heading: "The device is signed out", text: Affixes("It can do nothing more as ", ".") },
        over: Step {
            heading: "The device is not signed in",
            text: Affixes(
                "It was signed out of the account of ",
                " before, or its time is over. There is nothing left to do.",
            ),
        },
        button: "Sign this device out",
    },
    prove_email: ActionTexts {
        open: Step {
            heading: "Take this address?",
            text: Affixes("The account is to go by ", " from now on. Its other sessions end."),
        },
        done: Step { heading: "The address was changed", text: Affixes("The account goes by ", " now.") },
        over: Step {
            heading: "Nothing was changed",
            text: Affixes(
                "The change to ",
                " was done or replaced before, or it cannot be done any more. Ask for it again on the page of your account.",
            ),
        },
        button: "Take this address",
    },
    undo_email: ActionTexts {
        open: Step {
            heading: "Undo this change?",
            text: Affixes(
                "The account is to go by ",
                " again. So that nobody else keeps it, all its sessions end, and passkeys that were added since then are \
                 removed. An account that was opened with this address meanwhile is deleted.",
            ),
        },
        done: Step {
            heading: "The change was undone",
            text: Affixes(
                "The account goes by ",
                " again, and is signed out everywhere. Sign in to look at its passkeys and its activity.",
            ),
        },
        over: Step {
            heading: "There is nothing to undo",
            text: Affixes("The change away from ", " was undone before, or it cannot be undone any more."),
        },
        button: "Undo the change",
    },
    old: "Old address",
    new: "New address",
};

const API: Api = Api {
    heading: "The API",
    contents: "Contents",
    source: "The same for programs: OpenAPI 3.1",
    must_authenticate: "Needs one of:",
    may_authenticate: "Takes:",
    parameters: "Parameters:",
    body: "Body:",
    required: "required",
    errors: "Errors",
    schemas: "Schemas",
};
