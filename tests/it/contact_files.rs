//! Contacts in from files, and out into files.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::support::World;
use crate::support::vobject::Vobject;

const ADA: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Lovelace;Ada;;;\r\nFN:Ada Lovelace\r\nEMAIL;TYPE=HOME:ada@example.com\r\nTEL;TYPE=CELL:(415) 555-2671\r\nADR;TYPE=HOME:;;1 Main St;London;;;UK\r\nPHOTO;ENCODING=b;TYPE=PNG:iVBORw0KGgo=\r\nX-UNKNOWN;a=b:kept\r\nUID:u-ada\r\nEND:VCARD\r\n";

fn fixture(name: &str) -> String {
    format!("{}/tests/fixtures/vcard/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn import(world: &World, args: &[&str]) -> Value {
    let all = [&["--json", "contacts", "import"], args].concat();
    world.run(all).ok().json()
}

/// `new`, `changed`, `joined`, `unchanged`, `unreadable` of all files together.
fn sums(report: &Value) -> [u64; 5] {
    let files = report["files"].as_array().unwrap();
    ["new", "changed", "joined", "unchanged", "unreadable"]
        .map(|key| files.iter().map(|f| f[key].as_u64().unwrap()).sum())
}

fn contacts(world: &World) -> Vec<Value> {
    world
        .run(["contacts", "export", "--as", "jsonl"])
        .ok()
        .jsonl()
}

fn values(contact: &Value) -> Vec<&str> {
    let all = contact["addresses"].as_array().unwrap();
    all.iter().map(|a| a["value"].as_str().unwrap()).collect()
}

#[test]
fn importing_twice_changes_nothing_and_a_newer_card_changes_its_fields() {
    let world = World::new();
    let file = world.file("a.vcf", ADA);
    let first = import(&world, &[&file, "--region", "US", "--group", "friends"]);
    assert_eq!(sums(&first), [1, 0, 0, 0, 0]);
    let again = import(&world, &[&file, "--region", "US", "--group", "friends"]);
    assert_eq!(sums(&again), [0, 0, 0, 1, 0]);
    assert_eq!(again["change"], Value::Null);
    let ada = &contacts(&world)[0];
    assert_eq!(values(ada), ["ada@example.com", "+14155552671"]);
    assert_eq!(ada["groups"], json!(["friends"]));
    // Edited here, and there: what was edited here stays, the rest comes.
    world
        .run(["contacts", "edit", "Ada Lovelace", "--title", "Countess"])
        .ok();
    let newer = ADA.replace(
        "EMAIL;TYPE=HOME:ada@example.com",
        "EMAIL;TYPE=HOME:ada@example.org\r\nTITLE:Analyst\r\nORG:Engines",
    );
    let file = world.file("b.vcf", &newer);
    let changed = import(&world, &[&file, "--region", "US"]);
    assert_eq!(sums(&changed), [0, 1, 0, 0, 0]);
    let ada = &contacts(&world)[0];
    assert_eq!(ada["title"], "Countess");
    assert_eq!(ada["organization"], "Engines");
    assert!(values(ada).contains(&"ada@example.org") && !values(ada).contains(&"ada@example.com"));
    assert_eq!(
        sums(&import(&world, &[&file, "--region", "US"])),
        [0, 0, 0, 1, 0]
    );
    let ada = &contacts(&world)[0];
    assert_eq!(ada["title"], "Countess");
}

#[test]
fn an_import_is_taken_back_as_one_change() {
    let world = World::new();
    let many: String = (0..2500)
        .map(|n| format!("BEGIN:VCARD\nVERSION:3.0\nFN:Person {n}\nEMAIL:p{n}@example.com\nUID:u{n}\nEND:VCARD\n"))
        .collect();
    let file = world.file("many.vcf", many);
    let report = import(&world, &[&file]);
    assert_eq!(sums(&report), [2500, 0, 0, 0, 0]);
    let change = report["change"].to_string();
    world.run(["contacts", "undo", &change]).ok();
    assert_eq!(contacts(&world).len(), 0);
    // Whoever is imported again is meant to be here.
    assert_eq!(sums(&import(&world, &[&file])), [2500, 0, 0, 0, 0]);
}

#[test]
fn one_of_the_same_address_and_name_is_joined_and_others_are_not() {
    let world = World::new();
    world
        .run(["contacts", "add", "Ada Lovelace", "ada@example.com"])
        .ok();
    let other = "BEGIN:VCARD\nVERSION:3.0\nFN:Byron Lovelace\nEMAIL:ada@example.com\nEND:VCARD\n";
    let file = world.file("a.vcf", format!("{ADA}{other}"));
    let report = import(&world, &["--dry-run", &file]);
    assert_eq!(sums(&report), [1, 0, 1, 0, 0]);
    assert_eq!(contacts(&world).len(), 1);
    let report = import(&world, &[&file]);
    assert_eq!(sums(&report), [1, 0, 1, 0, 0]);
    assert_eq!(report["joined"][0]["contact"], "c1");
    let all = contacts(&world);
    assert_eq!(all.len(), 2);
    assert_eq!(values(&all[0]), ["ada@example.com", "(415) 555-2671"]);
    assert_eq!(sums(&import(&world, &[&file])), [0, 0, 0, 2, 0]);
}

/// Father and son, who have a name and a mailbox in common.
fn smith(uid: &str, rest: &str) -> String {
    format!(
        "BEGIN:VCARD\nVERSION:3.0\nUID:{uid}\nFN:John Smith\nEMAIL:family@example.org\n{rest}\nEND:VCARD\n"
    )
}

#[test]
fn two_cards_of_one_file_are_two_people() {
    let world = World::new();
    let son = smith("2", "EMAIL:son@example.org\nTITLE:Pilot");
    let both = smith("1", "TITLE:Farmer") + &son;
    let file = world.file("a.vcf", &both);
    assert_eq!(
        sums(&import(&world, &["--dry-run", &file])),
        [2, 0, 0, 0, 0]
    );
    assert_eq!(sums(&import(&world, &[&file])), [2, 0, 0, 0, 0]);
    let all = contacts(&world);
    assert_eq!(values(&all[0]), ["family@example.org"]);
    assert_eq!(
        (&all[0]["title"], &all[1]["title"]),
        (&json!("Farmer"), &json!("Pilot"))
    );
    assert_eq!(sums(&import(&world, &[&file])), [0, 0, 0, 2, 0]);
    // Another program's card of one of them is joined to one who is there.
    let other = world.file("b.vcf", smith("b-7", "TEL:+14155550100"));
    assert_eq!(sums(&import(&world, &[&other])), [0, 0, 1, 0, 0]);
}

#[test]
fn one_who_comes_before_a_namesake_that_is_known_is_not_taken_for_them() {
    let world = World::new();
    import(&world, &[&world.file("a.vcf", smith("1", "TITLE:Farmer"))]);
    let both = smith("2", "TITLE:Pilot") + &smith("1", "TITLE:Farmer");
    let file = world.file("b.vcf", both);
    assert_eq!(sums(&import(&world, &[&file])), [1, 0, 0, 1, 0]);
    let titles: Vec<_> = contacts(&world)
        .iter()
        .map(|c| c["title"].clone())
        .collect();
    assert_eq!(titles, ["Farmer", "Pilot"]);
}

#[test]
fn who_was_born_on_another_day_is_someone_else() {
    let world = World::new();
    let born = |day: &str| smith("x", &format!("BDAY:{day}")).replace("UID:x\n", "");
    let file = world.file("a.vcf", born("1950-01-01") + &born("1980-05-05"));
    assert_eq!(sums(&import(&world, &[&file])), [2, 0, 0, 0, 0]);
    let file = world.file("b.vcf", born("--05-05"));
    let report = import(&world, &[&file]);
    assert_eq!(sums(&report), [0, 0, 1, 0, 0]);
    assert_eq!(report["joined"][0]["contact"], "c2");
}

#[test]
fn what_can_not_be_read_is_told_with_its_line_and_the_rest_is_imported() {
    let world = World::new();
    let file = world.file(
        "a.vcf",
        format!("{ADA}BEGIN:VCARD\nVERSION:3.0\nEND:VCARD\nBEGIN:VCARD\nFN:Cut"),
    );
    let run = world.run(["--json", "contacts", "import", &file]);
    assert_eq!(run.code, 9, "{run}");
    let report = run.json();
    assert_eq!(sums(&report), [1, 0, 0, 0, 2]);
    assert_eq!(report["unreadable"][0]["line"], 12);
    assert_eq!(report["unreadable"][1]["line"], 15);
    for bad in ["no vCard at all", "Datum;Betrag\n1;2\n", ""] {
        let file = world.file("bad.csv", bad);
        let run = world.run(["contacts", "import", &file]);
        assert_eq!(run.code, 2, "{run}");
    }
    assert_eq!(world.run(["contacts", "import", "/nowhere.vcf"]).code, 2);
}

#[test]
fn an_agent_may_look_but_not_import() {
    let world = World::new().env("COMMS_ORIGIN", "agent");
    let file = world.file("a.vcf", ADA);
    assert_eq!(world.run(["contacts", "import", &file]).code, 6);
    import(&world, &[&file, "--dry-run"]);
}

#[test]
fn groups_of_a_file_are_groups() {
    let world = World::new();
    let report = import(
        &world,
        &[&fixture("apple_groups.vcf"), &fixture("nextcloud_4.0.vcf")],
    );
    assert_eq!(sums(&report), [3, 0, 0, 0, 0]);
    let groups: Vec<Value> = contacts(&world)
        .iter()
        .map(|c| c["groups"].clone())
        .collect();
    assert_eq!(
        groups,
        [
            json!(["Algebra"]),
            json!(["Algebra"]),
            json!(["Friends", "Engines", "Founders"])
        ]
    );
}

#[test]
fn what_came_in_goes_out_as_it_was_and_comes_in_again_as_nothing_new() {
    let world = World::new();
    let folder = fixture("");
    let report = import(&world, &[&folder, "--region", "US"]);
    assert_eq!(sums(&report)[4], 0, "{report}");
    let before = contacts(&world);
    for (version, name) in [("3.0", "three.vcf"), ("4.0", "four.vcf")] {
        let out = world.dir().join(name).to_str().unwrap().to_owned();
        world
            .run(["contacts", "export", "--to", &out, "--version", version])
            .ok();
        let mode = std::fs::metadata(&out).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let text = std::fs::read_to_string(&out).unwrap().replace("\r\n ", "");
        assert!(
            text.contains("Springfield") || text.contains("Quai de B"),
            "streets"
        );
        assert!(text.contains("X-ABRELATEDNAMES") && text.contains("iVBORw0KGgo"));
        let again = import(&world, &[&out, "--region", "US"]);
        let [new, changed, _, _, unreadable] = sums(&again);
        assert_eq!([new, changed, unreadable], [0, 0, 0], "{again}");
        assert_eq!(contacts(&world), before, "{version}");
        assert_eq!(world.run(["contacts", "export", "--to", &out]).code, 2);
    }
}

#[test]
fn a_merged_contact_goes_out_with_what_each_of_its_cards_said() {
    let world = World::new();
    let card = |uid: &str, name: &str, more: &str| {
        format!(
            "BEGIN:VCARD\nVERSION:3.0\nUID:{uid}\nFN:{name}\nEMAIL:{uid}@example.com\n{more}END:VCARD\n"
        )
    };
    let one = card(
        "u1",
        "Ann A",
        "ADR;TYPE=HOME:;;Street One;B;;1;DE\nANNIVERSARY:20010101\n",
    );
    let two = card(
        "u2",
        "Ann B",
        "ADR;TYPE=WORK:;;Street Two;B;;2;DE\nORG:Engines;Analytical\nIMPP:xmpp:a2@example.com\nX-FOO:keep\nANNIVERSARY:20020202\n",
    );
    import(&world, &[&world.file("a.vcf", one + &two)]);
    world.run(["contacts", "merge", "c1", "c2"]).ok();
    let out = world
        .run(["contacts", "export", "--version", "3.0"])
        .ok()
        .stdout;
    for part in [
        "UID:u1",
        "ADR;TYPE=HOME:;;Street One;B;;1;DE",
        "ADR;TYPE=WORK:;;Street Two;B;;2;DE",
        "ORG:Engines;Analytical",
        "IMPP:xmpp:a2@example.com",
        "X-FOO:keep",
        "ANNIVERSARY:20010101",
        "EMAIL:u2@example.com",
    ] {
        assert!(out.contains(part), "{part} in {out}");
    }
    assert!(
        !out.contains("UID:u2") && !out.contains("20020202"),
        "{out}"
    );
    assert_eq!(out.matches("EMAIL:").count(), 2, "{out}");
    // A merge that is taken back gives each its own.
    world.run(["contacts", "undo"]).ok();
    let out = world.run(["contacts", "export", "c1"]).ok().stdout;
    assert!(!out.contains("Street Two"), "{out}");
}

#[test]
fn an_unchanged_card_is_exported_byte_for_byte() {
    let world = World::new();
    let file = world.file("a.vcf", ADA);
    import(&world, &[&file, "--region", "US"]);
    let out = world.run(["contacts", "export", "c1"]).ok();
    assert_eq!(out.stdout, ADA);
    world
        .run(["contacts", "edit", "c1", "--title", "Countess"])
        .ok();
    let out = world.run(["contacts", "export", "Ada"]).ok();
    let wanted = ADA.replace("END:VCARD", "TITLE:Countess\r\nEND:VCARD");
    assert_eq!(out.stdout, wanted);
}

#[test]
fn csv_comes_in_and_goes_out() {
    let world = World::new();
    let google = "First Name,Last Name,Labels,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value\nAda,Lovelace,* myContacts ::: Team,* Home,ada@example.com,Mobile,415 555 2671\n";
    let report: Value = world
        .run_with(
            google,
            ["--json", "contacts", "import", "-", "--region", "US"],
        )
        .ok()
        .json();
    assert_eq!(sums(&report), [1, 0, 0, 0, 0]);
    assert_eq!(report["files"][0]["form"], "csv");
    let out = world
        .run(["contacts", "export", "@team", "--as", "csv"])
        .ok();
    let again: Value = world
        .run_with(
            &out.stdout,
            ["--json", "contacts", "import", "-", "--dry-run"],
        )
        .ok()
        .json();
    assert_eq!(sums(&again), [0, 0, 1, 0, 0], "{}", out.stdout);
    let ada = &contacts(&world)[0];
    assert_eq!(ada["name"], "Ada Lovelace");
    assert_eq!(values(ada), ["ada@example.com", "+14155552671"]);
}

#[test]
fn vobject_reads_what_is_written_and_what_it_writes_is_the_same() {
    let Some(vobject) = Vobject::find() else {
        return;
    };
    let world = World::new();
    let long = "long ä日😀 words, with; all\\signs ".repeat(9);
    let ada = json!({
        "name": "Lady Ada, Countess; \\ of ä日😀", "prefix": "Lady", "given": "Ada", "middle": "King", "family": "Love;lace",
        "nicknames": ["Al"], "organization": "Engines, Ltd; Co", "title": "Analyst\\Poet",
        "addresses": [
            {"kind": "email", "value": "ada@example.com", "label": "home", "primary": true},
            {"kind": "email", "value": "al@example.com", "label": "Castle, north"},
            {"kind": "phone", "value": "+14155552671", "label": "mobile"},
            {"kind": "whatsapp", "value": "+14155552671"},
            {"kind": "slack", "value": "U012ABC"}
        ],
        "preferred": "sms", "groups": ["Friends", "Team, dear"], "notes": format!("one\ntwo\n{}", long.trim()),
        "zone": "Europe/London", "birthday": "1815-12-10", "urls": ["https://a.example/b?c=d"]
    });
    let file = world.file("a.jsonl", format!("{ada}\n"));
    world.run(["contacts", "add", "--json-file", &file]).ok();
    let mut names: Vec<String> = Vec::new();
    for name in [
        "iphone_3.0.vcf",
        "google_3.0.vcf",
        "nextcloud_4.0.vcf",
        "android_2.1.vcf",
        "outlook_2.1.vcf",
    ] {
        names.push(fixture(name));
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    import(&world, &names);
    let mine = contacts(&world);
    let out = world.run(["contacts", "export"]).ok();
    let seen = vobject.read(&out.bytes);
    assert_eq!(seen.len(), mine.len());
    for (seen, mine) in seen.iter().zip(&mine) {
        // A card without a name is not given one on the way out.
        assert!(seen["fn"] == mine["name"] || seen["fn"] == "");
        let part = |key: &str| mine[key].as_str().unwrap_or_default().to_owned();
        let parts = ["family", "given", "middle", "prefix", "suffix"].map(part);
        assert_eq!(seen["n"], json!(parts), "{mine}");
        let of = |kind: &str| -> Vec<&Value> {
            let all = mine["addresses"].as_array().unwrap();
            all.iter()
                .filter(|a| a["kind"] == kind)
                .map(|a| &a["value"])
                .collect()
        };
        let first = |key: &str| -> Vec<&Value> {
            seen[key]
                .as_array()
                .unwrap()
                .iter()
                .map(|pair| &pair[0])
                .collect()
        };
        assert_eq!(first("email"), of("email"));
        // Numbers that nobody touched are as their programs wrote them.
        assert!(first("tel").len() >= of("phone").len());
        let text = |key: &str| seen[key].as_array().unwrap().first().cloned();
        assert_eq!(text("note"), mine.get("notes").cloned());
        assert_eq!(text("title"), mine.get("title").cloned());
        let org = seen["org"][0][0].clone();
        assert_eq!(org, mine.get("organization").cloned().unwrap_or_default());
    }
    assert_eq!(seen[0]["tel"], json!([["+14155552671", ["cell"]]]));
    assert_eq!(seen[0]["categories"], json!([["Friends", "Team, dear"]]));
    assert_eq!(seen[0]["labels"], json!(["Castle, north"]));
    // As vobject writes them, they are the same people with the same fields.
    let other = World::new();
    let theirs = vobject.rewrite(&out.bytes);
    let file = other.file("theirs.vcf", &theirs);
    import(&other, &[&file]);
    let bare = |all: Vec<Value>| -> Vec<Value> {
        all.into_iter()
            .map(|mut contact| {
                for key in ["id", "sources", "created_at", "changed_at"] {
                    contact.as_object_mut().unwrap().remove(key);
                }
                // The backslash that Google puts before a colon is a letter to it.
                for url in contact["urls"].as_array_mut().into_iter().flatten() {
                    *url = url.as_str().unwrap().replace("\\:", ":").into();
                }
                // It writes properties by name, so the order of kinds is its own.
                let addresses = contact["addresses"].as_array_mut().unwrap();
                addresses.sort_by_key(|a| (a["kind"].to_string(), a["value"].to_string()));
                contact
            })
            .collect()
    };
    let (mine, theirs_read) = (bare(mine), bare(contacts(&other)));
    for (mine, theirs) in mine.iter().zip(&theirs_read) {
        assert_eq!(theirs, mine);
    }
    assert_eq!(mine.len(), theirs_read.len());
}

#[test]
fn what_is_no_mail_address_in_a_csv_file_is_named_and_the_rest_is_taken() {
    let world = World::new();
    let rows = "name,email,phone\nX1,nope,+14155550101\nAda,ada@example.com,\nOut,/o=First/cn=out,+14155550102\n";
    let path = world.file("c.csv", rows);
    let run = world.run(["--json", "contacts", "import", &path]).fails(9);
    let report = run.json();
    assert_eq!(sums(&report), [3, 0, 0, 0, 1], "{run}");
    assert_eq!(report["unreadable"][0]["line"], 2, "{run}");
    let told = report["unreadable"][0]["error"].as_str().unwrap();
    assert!(told.contains("`nope`"), "{run}");
    let all = contacts(&world);
    let x1 = all.iter().find(|c| c["name"] == "X1").unwrap();
    assert_eq!(values(x1), ["+14155550101"]);
}

#[test]
fn contacts_that_are_there_already_are_not_warned_of_as_sharing_a_name() {
    let world = World::new();
    for (name, address) in [
        ("Ada Lovelace", "ada@example.com"),
        ("Bob Roe", "bob@example.com"),
    ] {
        world.run(["contacts", "add", name, address]).ok();
    }
    let list = world.run(["contacts", "list", "--json"]).ok().stdout;
    let run = world
        .run_with(list, ["contacts", "add", "--json-file", "-"])
        .fails(6);
    assert!(run.stdout.contains("exists"), "{run}");
    assert!(!run.stderr.contains("also names"), "{run}");
    let other = r#"[{"name":"Ada Lovelace","addresses":[{"kind":"email","value":"ada@else.example"}]},
        {"name":"Bob Roe","addresses":[{"kind":"email","value":"bob@example.com"}]}]"#;
    let run = world
        .run_with(other, ["contacts", "add", "--json-file", "-"])
        .fails(9);
    assert!(run.stderr.contains("`Ada Lovelace` also names c1"), "{run}");
    assert!(!run.stderr.contains("Bob"), "{run}");
}

#[test]
fn one_who_may_be_meant_is_asked_for_and_not_called_several() {
    let world = World::new();
    world
        .run(["contacts", "add", "Ada Lovelace", "ada@example.com"])
        .ok();
    let run = world.run(["contacts", "remove", "Adda", "--yes"]);
    if run.code == 2 {
        assert!(run.stderr.contains("is c1 Ada Lovelace meant?"), "{run}");
    } else {
        assert!(run.code == 5, "{run}");
    }
}
