//! What people of a name are called.

use std::sync::LazyLock;

/// How two words are one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kin {
    /// Both are short for one name: Bob and Rob.
    Short,
    /// The same name in another language: Alexander and Aleksandr.
    Variant,
    /// One is short for the other: Bob and Robert.
    Nickname,
}

/// How two folded words are one name, if they are.
pub fn kin(a: &str, b: &str) -> Option<Kin> {
    if a == b {
        return None;
    }
    kin_of_classes(classes(a), classes(b))
}

/// How words of these classes are one name, if they are.
pub(super) fn kin_of_classes(one: &[Entry], other: &[Entry]) -> Option<Kin> {
    one.iter()
        .filter_map(|(_, class, full)| {
            let (_, _, theirs) = other.iter().find(|(_, c, _)| c == class)?;
            Some(match (full, theirs) {
                (true, true) => Kin::Variant,
                (false, false) => Kin::Short,
                _ => Kin::Nickname,
            })
        })
        .max()
}

/// Every word that is one name with this folded word.
pub fn kindred(word: &str) -> Vec<&'static str> {
    let mut all: Vec<&'static str> = classes(word)
        .iter()
        .flat_map(|(_, class, _)| members(NAMES[usize::from(*class)]).map(|(name, _)| name))
        .filter(|name| *name != word)
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Whether the folded word is a name of its own that many people bear.
pub fn is_known(word: &str) -> bool {
    !classes(word).is_empty()
}

/// Whether one is short for the other and for no other name, nor a name that is given to children.
pub fn is_only_short(a: &str, b: &str) -> bool {
    let short = |word: &str| matches!(classes(word), [(_, _, false)]) && !GIVEN.contains(&word);
    kin(a, b) == Some(Kin::Nickname) && (short(a) || short(b))
}

/// Short names that are given as names of their own.
const GIVEN: &[&str] = &[
    "abby", "ana", "anja", "anya", "basia", "bea", "bella", "berto", "beth", "betsy", "betty",
    "bianca", "caro", "carrie", "cecil", "cindy", "connie", "daisy", "dora", "drew", "ela",
    "eliza", "elise", "ella", "elsa", "etta", "eve", "flora", "fran", "gail", "gene", "gianna",
    "gianni", "gigi", "gina", "greta", "gretchen", "grisha", "gus", "hank", "harry", "heidi",
    "iggy", "ike", "jack", "jana", "jenny", "jodie", "josie", "judy", "jules", "kat", "kate",
    "kathi", "katia", "katja", "katya", "kay", "kit", "kuba", "lana", "len", "lena", "leni", "lex",
    "lexi", "lily", "lisa", "liza", "lola", "lottie", "lotte", "lou", "luca", "lulu", "lupe",
    "maddie", "mags", "maja", "manu", "margo", "margot", "max", "maxi", "may", "meg", "mia",
    "mila", "millie", "mina", "minna", "misha", "molly", "mona", "nadja", "nadya", "nancy",
    "nando", "nat", "nata", "nate", "natasha", "nell", "nika", "nikki", "nina", "nora", "ola",
    "olya", "owen", "paco", "penny", "pia", "pino", "piet", "polly", "rae", "raf", "ray", "renzo",
    "resi", "rico", "rika", "rita", "robin", "rolf", "romy", "rosi", "rosie", "roz", "ruby",
    "sadie", "sally", "sandra", "sandro", "sanna", "shelly", "sissi", "sonia", "sonja", "sonya",
    "stas", "sue", "sveta", "talia", "tania", "tanya", "tara", "tasha", "tess", "tessa", "thea",
    "theo", "tilda", "tilly", "tim", "tina", "tino", "toby", "toni", "trudy", "ulla", "ursel",
    "vera", "vita", "vlad", "wally", "willa", "willy", "wolf", "xander", "zara", "zoe", "zosia",
];

/// Name, its class, whether it is a full one.
pub(super) type Entry = (&'static str, u16, bool);

/// The classes of a folded word.
pub(super) fn classes(word: &str) -> &'static [Entry] {
    static BY_NAME: LazyLock<Vec<Entry>> = LazyLock::new(|| {
        let mut all: Vec<Entry> = NAMES
            .iter()
            .enumerate()
            .flat_map(|(class, line)| {
                members(line).map(move |(name, full)| (name, class as u16, full))
            })
            .collect();
        all.sort_unstable();
        all
    });
    let start = BY_NAME.partition_point(|(name, ..)| *name < word);
    let length = BY_NAME[start..]
        .iter()
        .take_while(|(name, ..)| *name == word)
        .count();
    &BY_NAME[start..start + length]
}

/// The names of a line; those before the bar are full ones.
fn members(line: &'static str) -> impl Iterator<Item = (&'static str, bool)> {
    let (full, short) = line.split_once('|').unwrap_or((line, ""));
    let full = full.split_whitespace().map(|name| (name, true));
    full.chain(short.split_whitespace().map(|name| (name, false)))
}

/// One line for each name: its forms in several languages, a bar, what its bearers are called.
const NAMES: &[&str] = &[
    "aaron | ronnie",
    "abigail | abby abbie gail",
    "abraham avraham ibrahim | abe bram avi",
    "adelaide adelheid | addie heidi",
    "agnes agnieszka | aga aggie nessie",
    "albert alberto adalbert | al bert bertie albie berto",
    "aleksandra alexandra alessandra alexandria oleksandra | alex sasha sandra sandy lexi ola sanya shura sascha ale lesya olya",
    "alexander aleksandr aleksander alexandre alessandro alejandro oleksandr alasdair iskander | alex al sasha xander sandy sandro lex alec alek ale olek sanya shura sascha sanek jandro",
    "alfred alfredo | alf alfie fred freddy",
    "alice alicia | ali allie",
    "alison allison | ali allie",
    "amanda | mandy",
    "amelia amelie | amy millie mel",
    "anastasia anastasiya | nastya stacy ana tasia asya",
    "andrea | andie",
    "andrew andreas andre andrei andrey andrzej andres andrea anders andriy andras | andy drew dre andi andriusha jedrek",
    "angela angelina angelica | angie angel geli",
    "anna anne ann ana hannah anya | annie nan nancy anya anka ania anni nannie nika annika",
    "anthony antony antonio anton antoine antonius | tony ant toni tonio tosha antek",
    "antonia antoinette | toni tonia netta",
    "archibald | archie",
    "arthur arturo artur | art artie",
    "barbara varvara | barb barbie babs bobbie varya basia barbel",
    "beatrice beatriz beatrix | bea bia trixie bee",
    "begona | bego",
    "benedict benedikt | ben benny",
    "benjamin | ben benny benji jamie",
    "bernard bernardo bernhard | bernie barney bernd",
    "bertha roberta | bert bertie",
    "bradley | brad",
    "bridget brigitte birgit | bridie gitte bridge",
    "caroline carolina karoline | carrie caro lina caz",
    "catherine katherine kathryn katharina katarina catarina caterina catalina katarzyna ekaterina kateryna kathleen cathleen karin | kate cathy kathy katie kat kit kitty kathi kati kasia katya katia cat cata trina kaska rina",
    "cecilia cecile | cissy cece celia",
    "charles carlos karl carl carlo karol | charlie chuck chas charley carlito kalle",
    "charlotte | charlie lottie lotte carlotta charley lola",
    "christian kristian | chris kris",
    "christina christine cristina kristina krystyna christiane | chris tina chrissy christie kris cris stina krysia kirsten christel tine",
    "christopher christoph cristobal krzysztof christophe christoffer | chris kit topher kris krzys krzysiek stoffel tobal",
    "clifford | cliff",
    "concepcion conceicao | concha conchita",
    "constance konstanze | connie",
    "cynthia | cindy",
    "daniel daniele danilo | dan danny dani",
    "danielle daniela | dani ella",
    "david | dave davy davey dudi",
    "deborah debra | deb debbie debby",
    "dennis denis | den denny",
    "desmond | des",
    "dmitri dmitry dmitriy dimitri dmytro | dima mitya dimitris",
    "dolores | lola",
    "dominic dominik domingo | dom nick mingo nik",
    "donald | don donnie",
    "dorothy dorothea | dot dottie dolly dora thea dorle",
    "douglas | doug dougie",
    "edmund edmond edmundo | ed eddie ned ted mundo",
    "edward eduardo eduard edouard | ed eddie ted ned teddy edu lalo edek",
    "edwin | ed eddie",
    "eleanor eleonora elinor | ellie nell nellie nora ella lenore nelly",
    "elizabeth elisabeth elisabetta elzbieta isabel yelizaveta | liz beth betty lizzie eliza lisa betsy bess libby lilibet elsa elli lisbeth liesl sissi ela bella liza lise elise",
    "emily emilia emilie | em emmy millie emi",
    "emmanuel manuel manuela emanuel | manny manolo manu",
    "enrique henrique | quique kike rique",
    "ernest ernesto ernst | ernie neto",
    "esther ester | essie hettie",
    "eugene eugenio evgeny evgeni evgeniy yevgeni yevgeny eugen | gene zhenya",
    "eugenia evgenia yevgenia | genie zhenya",
    "evelyn evelina | evie eve lyn",
    "ferdinand fernando hernando | ferdi nando fer",
    "florence florentina | flo flora florrie",
    "frances francesca francisca francoise franziska franciszka | fran frankie fanny franzi franny paca paquita chesca cesca sissi",
    "francis francisco francesco francois franz frans franciszek frank | frank paco pancho fran franky kiko franta franek cisco curro ferenc",
    "frederick frederic friedrich federico fryderyk fredrik frederik | fred freddie freddy fritz rick fede",
    "frederica friederike federica | freddie rike fede fritzi",
    "gabriel | gabe gabi",
    "gabriella gabriela gabrielle | gabi gaby ella",
    "geoffrey | geoff jeff",
    "jeffrey | jeff geoff",
    "george georges jorge georg giorgio jerzy yuri georgi giorgos georgios jurgen jorg goran juri | geordie jurek yura gogo schorsch coco",
    "georgia georgina | georgie gina",
    "gerald gerard gerhard gerardo | gerry jerry gerd",
    "gertrude gertrud | gert trudy trude gertie",
    "gilbert gilberto | gil bert",
    "giovanni | gianni nino vanni",
    "giuseppe | beppe peppe pino peppino",
    "giuseppina | pina peppa giusy",
    "gregory gregor grzegorz grigory gregorio | greg gregg grisha grzes goyo",
    "guadalupe | lupe lupita",
    "guillaume guillermo guglielmo | memo guille gui",
    "gunther gunter guenther | guni",
    "gustav gustavo gustave | gus",
    "harold harald | harry hal",
    "harriet henrietta henriette | hattie etta harry jette",
    "helen helena helene elena ellen eleni yelena | nell nellie lena leni ellie lenka nelly",
    "henry heinrich henri enrico hendrik henryk enrique | harry hank hal heiner heini rico henk henny",
    "herbert herberto | herb bert herbie",
    "hubert | hugh bert",
    "ignacio ignatius ignazio | nacho iggy",
    "irene irina | rena ira irka",
    "isaac itzhak yitzhak | ike zak",
    "isabella isabelle isabel isobel ysabel | bella izzy isa belle ibby bel chabela",
    "ivan | vanya vanja",
    "jacob jakob jacobo jakub giacomo jacques yaakov | jake jack jaco kuba cobi jaap",
    "jacqueline | jackie jacqui",
    "james jaime diego jamie santiago | jim jimmy jamie jem jimbo santi chago",
    "jane jean janet joan joanna johanna jana giovanna | jan janie jenny jo hanna asia janka nettie",
    "jason | jay jase",
    "jennifer | jen jenny jenn jenni",
    "jeremy jeremiah | jerry jem",
    "jerome geronimo | jerry",
    "jessica | jess jessie",
    "jesus | chus chucho chuy suso",
    "joachim joaquin | jochen achim quino joa jockel",
    "john johannes johann juan jean jan giovanni ivan ian sean joao hans jon ioan jonas evan janos yannis | jack johnny hansi hannes gianni johnnie juanito jancsi jonny hanno",
    "jonathan | jon johnny jonny nathan jonty",
    "joseph jose josef giuseppe jozef yusuf yosef youssef iosif joao | joe joey jo pepe chepe sepp jupp beppe zeppi pepito jojo osip",
    "josephine josefina josefa giuseppina | josie jo josi pepa jossy fina",
    "joshua | josh",
    "judith | judy judi",
    "julia yulia julie giulia juliana | jules julie yulya julka",
    "julian julius julio julien | jules jul",
    "karl heinz | kalle",
    "kenneth | ken kenny",
    "kimberly kimberley | kim",
    "konstantin constantine constantin | kostya costa kostas kosta dinos",
    "lawrence laurence lorenzo lorenz laurent lars | larry laurie renzo lenz lauri loren",
    "leonard leonardo leonhard leon | leo lenny len leon",
    "leopold | leo poldi",
    "lieselotte liselotte | lilo lotte liesl",
    "lillian lilian liliana | lily lil lilly",
    "louis luis ludwig luigi lodovico ludovico lewis luiz | lou louie lucho gigi lui wiggerl lew",
    "louise luise luisa luiza | lou lulu",
    "lucas luke lukas luca lukasz | luca luc",
    "lucy lucia lucie lucinda | lu cindy lulu",
    "lyudmila ludmila | luda mila lyuda",
    "madeleine madeline magdalena magda | maddie maddy magda lena leni magdi",
    "malgorzata | gosia malgosia gosha",
    "marcus mark marco marcos marc marek markus | marky",
    "margaret margarita margarete margarethe marguerite margherita malgorzata margareta | maggie peggy meg madge marge margie rita greta daisy gretel grete rita margo margot peg gretchen mags marga",
    "maria marie mary mariya marija miriam maryam mariam | molly polly mia mitzi masha manya marysia mimi may mariechen ria mae maja marika",
    "mariana marianne | mari nanne",
    "martha marta | marty patty",
    "martin martino marten | marty tino",
    "mateusz matthew mathew matthias matteo mateo mathieu matthieu matias matej | matt matty hias teo mati matz",
    "matilda mathilde | tilly matty tilda",
    "maximilian maximiliano maxim maksim massimiliano | max maxi maks",
    "michael michel miguel mikhail michal michele mikael mykhailo mihai mikhael | mike mick mickey micky misha miki migue mischa michi mikey",
    "michelle michaela mikaela michele | shelly mickey ela michi chelle",
    "mohammed mohammad muhammad mohamed mehmet mohamad muhammed mahomet | mo mohd moe hamad memo",
    "montserrat | montse",
    "nadezhda nadia | nadya nadja",
    "natalia natalya nataliya natalie nathalie | natasha nat nata tasha talia",
    "nathan nathaniel | nate nat",
    "nicholas nicolas nikolaus nikolai nicola niccolo nikolay nikolaos mikolaj niklas klaus | nick nicky nico niko kolya klaas nik colin nikos claus",
    "nicole nicola nicoletta | nicky nikki nico coco",
    "nikita | nik",
    "oliver olivier | ollie oli",
    "olivia | liv livvy ollie",
    "olga | olya olia",
    "oluwaseun | seun",
    "pamela | pam pammy",
    "patricia patrizia | pat trish patty patsy trisha tricia pati",
    "patrick padraig patricio patryk | pat paddy patsy rick packy",
    "paul pablo pavel paolo pawel paulo pavlo pal | paulie pasha paulinho pasza",
    "paula paulina pauline paola | polly pau",
    "penelope | penny nell",
    "peter pedro pierre piotr petr pietro pieter petros pyotr petro petar per | pete petey perico petya piet pit pero pedrito",
    "philip phillip felipe philippe filip filippo philipp | phil pip flip lippo",
    "philippa filippa | pip pippa",
    "priscilla | cilla prissy",
    "rachel raquel rachael | rae rach",
    "rafael raphael raffaele rafal | rafa raf rafi raffi",
    "rajesh | raj",
    "raymond raimund ramon raimundo | ray moncho",
    "rebecca rebekah | becky becca bec beck",
    "reginald | reg reggie",
    "richard ricardo riccardo ryszard | rick dick richie rich ricky dickie rico rysiek",
    "robert roberto rupert | bob rob bobby robbie bert rupp berto robin robi",
    "roberta | bobbie robbie bobby",
    "rodney | rod",
    "rodrigo roderick | rod ricky",
    "roger rogelio rudiger | rodge hodge",
    "roland rolando orlando | rollo roly",
    "ronald ronaldo | ron ronnie",
    "rose rosa rosemary rosalind rosalia rosario | rosie rosi charo roz",
    "rudolf rudolph rodolfo | rudi rudy rolf ruedi dolf",
    "salvador salvatore | sal toto chava turi",
    "samantha | sam sammy",
    "samuel shmuel | sam sammy",
    "sarah sara | sally sadie",
    "sebastian sebastien sebastiano | seb basti bastian seba",
    "sergei sergey sergio serge serhiy | seryozha checho",
    "simon simone shimon semyon | si sim",
    "sofia sophia sophie zofia sofiya | soph sonya sonia zosia fie",
    "stanislav stanislaw stanislaus | stan stas staszek slava",
    "stanley | stan",
    "stephanie stefanie stefania estefania stephania | steph steffi stevie fanny",
    "stephen steven stefan stephan esteban etienne istvan stefano szczepan stephane estevao | steve stevie steph steffen pista",
    "stuart stewart | stu",
    "susan susanna susannah suzanne susanne zuzana susana | sue suzy susie sukie susi sanna",
    "svetlana | sveta lana",
    "sylvester silvester | sly vester",
    "tatiana tatyana | tanya tania",
    "terence terrence | terry tel",
    "teresa theresa therese teresia | terry tess tessa teri resi tere terezie",
    "theodore theodor teodoro fyodor fedor teodor | ted teddy theo teo fedya",
    "thomas tomas tommaso tomasz tamas | tom tommy tomek thom maso tomi",
    "timothy timofey timoteo | tim timmy tima",
    "tobias tobiah | toby tobi",
    "ulrich | uli ulli",
    "ulrike | uli ulli rike",
    "ursula orsola | uschi ulla ursel",
    "valentin valentina valentine | val vali valya tina",
    "valerie valeria | val",
    "venkatesh venkataraman | venkat",
    "veronica veronika veronique | ronnie vera nika vroni vero",
    "victor viktor vittorio | vic vik vitya",
    "victoria viktoria vittoria | vicky tori vic vika vicki vickie toria",
    "vincent vincenzo vicente vinzenz wincenty | vince vinnie enzo chente vinny vin",
    "virginia | ginny ginger gina",
    "vladimir volodymyr wladimir vladimiro | vova volodya vlad",
    "walter walther gualtiero | walt wally wat walti",
    "wilhelmina wilma | minna mina willa",
    "william wilhelm willem guillaume guglielmo guillermo vilhelm | bill will billy liam willy willi wim bil helmi pim",
    "winifred | winnie freda",
    "wolfgang | wolf wolfi",
    "xavier javier | javi xavi",
    "yusuf yousef youssef yosef joseph | joe",
    "zachary zachariah zacharias | zach zack zak",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_and_variants_are_kin() {
        assert_eq!(kin("bob", "robert"), Some(Kin::Nickname));
        assert_eq!(kin("robert", "bob"), Some(Kin::Nickname));
        assert_eq!(kin("bob", "rob"), Some(Kin::Short));
        assert_eq!(kin("alexander", "aleksandr"), Some(Kin::Variant));
        assert_eq!(kin("pepe", "jose"), Some(Kin::Nickname));
        assert_eq!(kin("sasha", "alexandra"), Some(Kin::Nickname));
        assert_eq!(kin("christopher", "christina"), None);
        assert_eq!(kin("bob", "bob"), None);
        assert!(kindred("gosia").contains(&"malgorzata"));
        assert!(is_known("katya") && !is_known("xqzwv"));
    }

    #[test]
    fn the_lists_are_folded() {
        for line in NAMES {
            for (name, _) in members(line) {
                assert!(name.bytes().all(|b| b.is_ascii_lowercase()), "{name}");
            }
        }
    }
}
