//! Google Chat through the real binary against the loopback provider: spaces as folders, what is new, what changed.

use serde_json::{Value, json};

use crate::support::google::wire::Refusal;
use crate::support::google::{Fault, Google, TOKEN, chat::ME};
use crate::support::{Run, World};

const LIST: &str = "chat.spaces.messages.list";

fn world(google: &Google) -> World {
    with(google, "")
}

fn with(google: &Google, more: &str) -> World {
    World::new()
        .config(&format!(
            "[accounts.team]\nchannel = \"google-chat\"\naddress = \"ada@gmail.example\"\n\
             base_url = \"{0}\"\ntoken_url = \"{0}/token\"\nclient_id = \"comms\"\n{more}",
            google.url
        ))
        .env("COMMS_SECRET_TEAM_TOKENS", &tokens(google))
        .env("COMMS_SECRET_TEAM_CLIENT_SECRET", "cl13nt-s3cret")
}

fn tokens(google: &Google) -> String {
    json!({
        "access_token": TOKEN, "refresh_token": "r3fresh", "token_type": "bearer",
        "expires_at": "2026-11-22T11:00:00Z", "obtained_at": "2026-11-21T10:00:00Z",
        "logged_in_at": "2026-11-21T10:00:00Z",
        "scopes": ["https://www.googleapis.com/auth/chat.messages"], "issuer": null,
        "token_url": format!("{}/token", google.url), "client_id": "comms",
    })
    .to_string()
}

fn sync(world: &World) -> Value {
    let report = try_sync(world).ok().json();
    let mut accounts = report["accounts"].as_array().unwrap().iter();
    let account = accounts.find(|a| a["account"] == "team").unwrap().clone();
    assert_eq!(account["error"], Value::Null, "{account}");
    account
}

fn try_sync(world: &World) -> Run {
    let run = world.run(["inbox", "sync", "--json"]);
    assert!(
        !run.stdout.contains(TOKEN) && !run.stderr.contains(TOKEN),
        "{run}"
    );
    run
}

fn search(world: &World, query: &str) -> Vec<Value> {
    let run = world
        .run(["search", "--json", "--limit", "1000", query])
        .ok();
    run.json()["messages"]
        .as_array()
        .cloned()
        .unwrap_or_default()
}

fn previews(world: &World, query: &str) -> Vec<String> {
    let found = search(world, query);
    let mut texts: Vec<String> = found
        .iter()
        .map(|m| m["preview"].as_str().unwrap_or_default().to_owned())
        .collect();
    texts.sort();
    texts
}

/// A team space and a direct message with something in each.
fn filled() -> (Google, String, String) {
    let google = Google::start();
    let team = google.chat().space("AAA", "Team room");
    let dm = google
        .chat()
        .dm("DDD", "users/7", "Grace Hopper", "grace@example.com");
    google.chat().join(&team, "users/7");
    google.chat().post(&team, "users/7", "deploy is *done*");
    google.chat().post(&team, ME, "thanks, looking");
    google.chat().post(&dm, "users/7", "lunch at noon?");
    (google, team, dm)
}

#[test]
fn spaces_are_folders_and_what_was_said_in_them_is_found() {
    let (google, _, _) = filled();
    let world = world(&google);
    let report = sync(&world);
    assert_eq!(report["added"], 3, "{report}");
    assert_eq!(report["folders"], 2, "{report}");
    assert_eq!(
        previews(&world, "in:\"Team room\""),
        ["deploy is *done*", "thanks, looking"]
    );
    assert_eq!(previews(&world, "in:\"Grace Hopper\""), ["lunch at noon?"]);
    let lunch = &search(&world, "lunch")[0];
    assert_eq!(lunch["channel"], "google-chat");
    assert_eq!(lunch["from"][0]["name"], "Grace Hopper");
    assert_eq!(lunch["from"][0]["email"], "users/7");
    assert_eq!(lunch["to"][0]["email"], "chat:spaces/DDD");
    assert_eq!(lunch["subject"], "Grace Hopper");
    assert_eq!(previews(&world, "is:sent"), ["thanks, looking"]);
    assert_eq!(google.take_violations(), [""; 0]);
}

#[test]
fn a_second_look_asks_for_nothing_that_is_known() {
    let (google, team, _) = filled();
    let world = world(&google);
    sync(&world);
    google.forget_requests();
    let report = sync(&world);
    assert_eq!(report["added"], 0);
    assert_eq!(google.count(LIST), 0, "the spaces say that nothing came");
    google.chat().post(&team, "users/7", "one more");
    google.forget_requests();
    let report = sync(&world);
    assert_eq!(report["added"], 1, "{report}");
    assert_eq!(google.count(LIST), 1);
    let asked = google.requests_of(LIST)[0].clone();
    assert!(
        asked
            .param("filter")
            .unwrap()
            .starts_with("create_time > \""),
        "{asked:?}"
    );
    assert_eq!(search(&world, "in:\"Team room\"").len(), 3);
}

#[test]
fn edits_and_deletions_arrive_and_a_deleted_text_is_gone() {
    let (google, team, _) = filled();
    let secret = google
        .chat()
        .post(&team, "users/7", "the password is swordfish");
    let typo = google.chat().post(&team, "users/7", "teh report");
    let world = world(&google);
    sync(&world);
    assert_eq!(search(&world, "swordfish").len(), 1);
    google.chat().delete(&secret);
    google.chat().edit(&typo, "the report");
    let report = sync(&world);
    assert_eq!(
        (&report["changed"], &report["removed"]),
        (&json!(1), &json!(1)),
        "{report}"
    );
    assert!(search(&world, "swordfish").is_empty());
    assert_eq!(previews(&world, "report"), ["the report"]);
    assert_eq!(
        search(&world, "in:\"Team room\"").len(),
        4,
        "what was deleted keeps its place"
    );
    let report = sync(&world);
    assert_eq!(
        (&report["changed"], &report["removed"]),
        (&json!(0), &json!(0)),
        "{report}"
    );
}

#[test]
fn a_thread_holds_together() {
    let (google, team, _) = filled();
    let name = google.chat().post(&team, "users/7", "question");
    let thread = google.chat().message(&name).unwrap()["thread"]["name"].clone();
    let world = world(&google);
    sync(&world);
    google.chat().reply(thread.as_str().unwrap(), ME, "answer");
    sync(&world);
    let (question, answer) = (search(&world, "question"), search(&world, "answer"));
    assert_eq!(question[0]["thread"], answer[0]["thread"]);
    let other = search(&world, "deploy");
    assert_ne!(question[0]["thread"], other[0]["thread"]);
}

#[test]
fn a_space_one_left_is_said_once_and_its_messages_are_kept() {
    let (google, team, _) = filled();
    let world = world(&google);
    sync(&world);
    google.chat().leave(&team);
    let report = sync(&world);
    let notes = report["notes"].to_string();
    assert!(notes.contains("`Team room`"), "{notes}");
    assert_eq!(search(&world, "in:\"Team room\"").len(), 2);
    let report = sync(&world);
    assert_eq!(report["notes"], json!([]));
}

#[test]
fn a_space_that_may_not_be_read_keeps_no_other_away() {
    let (google, _, _) = filled();
    let world = world(&google);
    let denied = Refusal::new(
        403,
        "PERMISSION_DENIED",
        "forbidden",
        "The caller does not have permission",
    );
    google.fault(LIST, 1, Fault::Refuse(denied));
    let report = sync(&world);
    assert!(
        report["notes"].to_string().contains("you are not in"),
        "{report}"
    );
    let report = sync(&world);
    assert_eq!(search(&world, "channel:google-chat").len(), 3, "{report}");
}

#[test]
fn a_renamed_space_takes_its_messages_along() {
    let (google, team, _) = filled();
    let world = world(&google);
    sync(&world);
    google.state().chat.spaces.get_mut(&team).unwrap().json["displayName"] = json!("War room");
    google.chat().post(&team, "users/7", "new name");
    sync(&world);
    assert_eq!(search(&world, "in:\"War room\"").len(), 3);
    let run = world.run(["search", "in:\"Team room\""]);
    assert_ne!(run.code, 0, "{run}");
}

#[test]
fn spaces_of_one_name_stay_apart() {
    let (google, _, _) = filled();
    let twin = google.chat().space("BBB", "Team room");
    google.chat().post(&twin, "users/7", "elsewhere");
    let world = world(&google);
    let report = sync(&world);
    assert_eq!(report["folders"], 3, "{report}");
    let elsewhere = search(&world, "elsewhere");
    let deploy = search(&world, "deploy");
    assert_ne!(elsewhere[0]["folder"], deploy[0]["folder"]);
}

#[test]
fn what_was_read_elsewhere_is_read_here_and_the_other_way_round() {
    let (google, team, _) = filled();
    let world = world(&google);
    sync(&world);
    assert_eq!(
        search(&world, "is:unread").len(),
        2,
        "what one wrote is read"
    );
    let lunch = search(&world, "lunch")[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    world.run(["inbox", "mark", &lunch, "--read"]).ok();
    let told = google.requests_of("chat.users.spaces.updateSpaceReadState");
    assert_eq!(told.len(), 1);
    assert!(told[0].path.contains("spaces/DDD"), "{told:?}");
    let later = google.chat().post(&team, "users/7", "later");
    let read = google.chat().message(&later).unwrap()["createTime"].clone();
    google.chat().read_until(&team, read.as_str().unwrap());
    google.chat().post(&team, "users/7", "unread still");
    sync(&world);
    assert_eq!(previews(&world, "is:unread"), ["unread still"]);
}

#[test]
fn many_messages_come_page_by_page_and_a_cut_costs_one_page() {
    let google = Google::start();
    let team = google.chat().space("AAA", "Team room");
    google.chat().join(&team, "users/7");
    for n in 0..2_300 {
        google.chat().post(&team, "users/7", &format!("word{n}"));
    }
    let world = world(&google);
    google.fault(
        LIST,
        2,
        Fault::Refuse(Refusal::new(
            400,
            "INVALID_ARGUMENT",
            "badRequest",
            "The page token is not valid.",
        )),
    );
    try_sync(&world).fails(9);
    assert_eq!(search(&world, "in:\"Team room\"").len(), 250);
    let report = sync(&world);
    assert_eq!(report["added"], 2_050, "{report}");
}

#[test]
fn a_limit_is_waited_for_and_a_token_is_renewed() {
    let (google, _, _) = filled();
    let world = world(&google);
    google.fault("chat.spaces.members.list", 1, Fault::RateLimited403);
    google.fault(LIST, 1, Fault::RetryAfter(1));
    google.fault("chat.spaces.list", 1, Fault::Unauthorized);
    google.next_token(TOKEN);
    let report = sync(&world);
    assert_eq!(report["added"], 3, "{report}");
}

#[test]
fn nothing_is_told_while_comms_is_read_only() {
    let (google, _, _) = filled();
    let world = world(&google);
    world.run(["--read-only", "inbox", "sync"]).ok();
    assert_eq!(search(&world, "channel:google-chat").len(), 3);
    let wrote = google
        .requests()
        .into_iter()
        .filter(|r| r.method != "GET")
        .count();
    assert_eq!(wrote, 0);
}

fn id_of(world: &World, query: &str) -> String {
    let found = search(world, query);
    assert_eq!(found.len(), 1, "{query}: {found:?}");
    found[0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn attachments_are_fetched_when_they_are_saved() {
    let (google, team, _) = filled();
    let bytes = b"%PDF-1.7 \x00\xff plan".to_vec();
    google.chat().media("media/plan=", &bytes);
    google.chat().post(&team, "users/7", "the plan");
    google
        .state()
        .chat
        .spaces
        .get_mut(&team)
        .unwrap()
        .messages
        .last_mut()
        .unwrap()["attachment"] = json!([
        {"contentName": "../plan.pdf", "contentType": "application/pdf",
         "source": "UPLOADED_CONTENT", "attachmentDataRef": {"resourceName": "media/plan="}},
        {"contentName": "sheet", "contentType": "text/csv",
         "source": "DRIVE_FILE", "driveDataRef": {"driveFileId": "D1"}},
    ]);
    let world = world(&google);
    sync(&world);
    let id = id_of(&world, "filename:plan.pdf");
    assert_eq!(google.count("chat.media.download"), 0);
    let to = world.dir().to_str().unwrap().to_owned();
    world
        .run(["inbox", "save", &id, "--attachment", "1", "--to", &to])
        .ok();
    assert_eq!(std::fs::read(world.dir().join("plan.pdf")).unwrap(), bytes);
    let drive = world.run(["inbox", "save", &id, "--attachment", "2", "--to", &to]);
    let drive = drive.fails(6);
    assert!(
        drive.stderr.contains("https://drive.google.com/open?id=D1"),
        "{drive}"
    );
    world
        .run(["inbox", "save", &id, "--attachment", "3", "--to", &to])
        .fails(5);
    world.run(["inbox", "save", &id, "--raw", "--to", &to]).ok();
    let raw = std::fs::read(world.dir().join("Team room.json")).unwrap();
    let raw: Value = serde_json::from_slice(&raw).unwrap();
    assert_eq!(raw["message"]["text"], "the plan");
}

#[test]
fn a_message_is_shown_as_a_person_reads_it_and_a_deleted_one_says_so() {
    let (google, team, _) = filled();
    let name = google.chat().post_as(
        &team,
        "users/7",
        json!({"text": "<users/100> see <https://ci.example/1|the build>\u{202e}", "annotations": [
            {"type": "USER_MENTION", "userMention": {"user": {"name": "users/100", "displayName": "Ada"}}}]}),
    );
    let world = world(&google);
    sync(&world);
    let id = id_of(&world, "build");
    let shown = world.run(["inbox", "show", &id]).ok();
    assert!(
        shown
            .stdout
            .contains("@Ada see the build (https://ci.example/1)"),
        "{shown}"
    );
    assert!(!shown.stdout.contains('\u{202e}'));
    google.chat().delete(&name);
    sync(&world);
    let shown = world.run(["inbox", "show", &id, "--json"]).ok().json();
    assert_eq!(shown["text"], "", "{shown}");
    assert!(
        shown["faults"][0].as_str().unwrap().starts_with("deleted"),
        "{shown}"
    );
}

#[test]
fn after_a_month_away_everything_is_compared() {
    let (google, team, _) = filled();
    let typo = google.chat().post(&team, "users/7", "teh report");
    let gone = google.chat().post(&team, "users/7", "swordfish");
    let world = world(&google);
    sync(&world);
    google.chat().edit(&typo, "the report");
    google.chat().delete(&gone);
    google.forget_requests();
    let later = world.env("COMMS_NOW", "2027-01-05T12:00:00Z");
    let report = sync(&later);
    assert_eq!(
        (&report["changed"], &report["removed"]),
        (&json!(1), &json!(1)),
        "{report}"
    );
    assert_eq!(google.count("chat.spaces.spaceEvents.list"), 0);
    assert_eq!(previews(&later, "report"), ["the report"]);
    assert!(search(&later, "swordfish").is_empty());
}

#[test]
fn a_rebuilt_index_and_a_forgotten_stamp_bring_nothing_twice() {
    let (google, _, _) = filled();
    let world = world(&google);
    sync(&world);
    world.run(["doctor", "--offline", "--rebuild-index"]);
    assert_eq!(previews(&world, "is:sent"), ["thanks, looking"]);
    let report = sync(&world);
    assert_eq!(
        (&report["added"], &report["folders"]),
        (&json!(0), &json!(2)),
        "{report}"
    );
    assert_eq!(search(&world, "channel:google-chat").len(), 3);
}

#[test]
fn a_connection_cut_at_any_request_leaves_a_store_that_goes_on() {
    for nth in 1..=14 {
        let (google, team, _) = filled();
        let world = world(&google);
        google.fault("*", nth, Fault::CutBeforeAnswer);
        try_sync(&world);
        google.chat().post(&team, "users/7", "later");
        google.forget_faults();
        sync(&world);
        assert_eq!(
            search(&world, "channel:google-chat").len(),
            4,
            "cut at {nth}"
        );
        assert_eq!(search(&world, "in:\"Team room\"").len(), 3, "cut at {nth}");
    }
}

#[test]
fn a_file_goes_along_into_a_space() {
    let (google, team, _) = filled();
    let world = world(&google);
    let file = world.file("notes.txt", "what was said");
    world
        .run([
            "send",
            "chat:spaces/AAA",
            "-m",
            "minutes",
            "--attach",
            &file,
            "--yes",
        ])
        .ok();
    let posted = google.chat().messages(&team).pop().unwrap();
    assert_eq!(posted["text"], "minutes");
    assert_eq!(
        posted["attachment"][0]["contentName"], "notes.txt",
        "{posted}"
    );
}

#[test]
fn a_room_takes_one_file_and_an_edit_calls_nobody() {
    let (google, team, _) = filled();
    let world = world(&google);
    let (a, b) = (world.file("a.txt", "a"), world.file("b.txt", "b"));
    let two = [
        "send",
        "chat:spaces/AAA",
        "-m",
        "x",
        "--attach",
        &a,
        "--attach",
        &b,
    ];
    let refused = world.run(two).fails(2);
    assert!(refused.stderr.contains("one attachment"), "{refused}");
    let staged = world.run([
        "send",
        "chat:spaces/AAA",
        "-m",
        "soon",
        "--at",
        "2026-11-22T12:00:00Z",
        "--json",
    ]);
    let item = staged.json()["items"][0]["id"].as_str().unwrap().to_owned();
    world
        .run(["outbox", "edit", &item, "--to", "bob@example.com"])
        .fails(2);
    world
        .run(["outbox", "edit", &item, "-m", "<users/all> now"])
        .ok();
    let later = world.env("COMMS_NOW", "2026-11-22T12:00:01Z");
    later.run(["outbox", "run"]).ok();
    let posted = google.chat().messages(&team).pop().unwrap();
    assert_eq!(posted["text"], "<\u{200b}users/all> now");
}

#[test]
fn what_was_posted_is_here_at_once_and_not_twice() {
    let (google, _, _) = filled();
    let world = world(&google);
    sync(&world);
    world
        .run(["send", "chat:Team room", "-m", "hot off the press"])
        .ok();
    let found = search(&world, "press");
    assert_eq!(found.len(), 1);
    assert_eq!(
        (&found[0]["sent"], &found[0]["unread"]),
        (&json!(true), &json!(false))
    );
    let report = sync(&world);
    assert_eq!(report["added"], 0, "{report}");
    assert_eq!(search(&world, "press").len(), 1);
}

#[test]
fn a_remote_search_is_chats_own_and_keeps_what_it_finds() {
    let google = Google::start();
    let team = google.chat().space("AAA", "Team room");
    google.chat().join(&team, "users/7");
    google.chat().post(&team, "users/7", "deploy is done");
    let world = world(&google);
    sync(&world);
    google.chat().post(&team, "users/7", "deploy went wrong");
    google.chat().post(&team, "users/7", "lunch");
    google.forget_requests();
    let report = world
        .run(["search", "--remote", "--json", "deploy"])
        .ok()
        .json();
    let found = report["messages"].as_array().unwrap();
    assert_eq!(found.len(), 2, "{report}");
    assert_eq!(found[0]["preview"], "deploy went wrong");
    assert_eq!(google.count(LIST), 0);
    assert_eq!(search(&world, "deploy").len(), 2);
    let count = world.run(["search", "--remote", "--count", "deploy"]).ok();
    assert_eq!(count.stdout, "2\n");
    // It comes once.
    assert_eq!(sync(&world)["added"], 1);
}

#[test]
fn a_login_that_may_do_little_still_reads_what_it_may() {
    let (google, team, _) = filled();
    let world = world(&google);
    let scope = Refusal::new(
        403,
        "PERMISSION_DENIED",
        "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "Request had insufficient authentication scopes.",
    );
    let all = [
        "chat.spaces.members.list",
        "chat.spaces.members.get",
        "chat.users.spaces.getSpaceReadState",
    ];
    for operation in all {
        google.faults(operation, 9, &Fault::Refuse(scope.clone()));
    }
    let report = sync(&world);
    assert_eq!(report["added"], 3, "{report}");
    assert_eq!(search(&world, "in:\"direct message DDD\"").len(), 1);
    google.chat().post(&team, "users/7", "more");
    google.faults("chat.spaces.spaceEvents.list", 9, &Fault::Refuse(scope));
    let report = sync(&world);
    assert_eq!(report["added"], 1, "{report}");
    let notes = report["notes"].as_array().unwrap();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(
        notes[0]
            .as_str()
            .unwrap()
            .contains("edits and deletions can't be seen")
    );
    google.forget_faults();
    google.chat().post("spaces/DDD", "users/7", "now by name");
    sync(&world);
    assert_eq!(search(&world, "in:\"Grace Hopper\"").len(), 2);
}

#[test]
fn a_page_of_the_longest_messages_is_read() {
    let google = Google::start();
    let team = google.chat().space("AAA", "Team room");
    google.chat().join(&team, "users/7");
    let long = "long ".repeat(6_000);
    for n in 0..200 {
        google
            .chat()
            .post(&team, "users/7", &format!("{long} word{n}"));
    }
    let world = world(&google);
    assert_eq!(sync(&world)["added"], 200);
    assert_eq!(search(&world, "word199").len(), 1);
}

#[test]
fn a_sync_that_is_killed_goes_on_behind_the_last_page_and_brings_nothing_twice() {
    let google = Google::start();
    let team = google.chat().space("AAA", "Team room");
    google.chat().join(&team, "users/7");
    for n in 0..900 {
        google.chat().post(&team, "users/7", &format!("word{n}"));
    }
    let world = world(&google);
    google.fault(LIST, 3, Fault::Hang);
    let mut child = world.spawn(["inbox", "sync"]);
    let began = std::time::Instant::now();
    while google.count(LIST) < 3 {
        assert!(
            began.elapsed().as_secs() < 30,
            "the third page is asked for"
        );
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let kept = search(&world, "in:\"Team room\"").len();
    assert_eq!(kept, 500);
    let report = sync(&world);
    assert_eq!(report["added"], 400, "{report}");
    assert_eq!(search(&world, "in:\"Team room\"").len(), 900);
}
