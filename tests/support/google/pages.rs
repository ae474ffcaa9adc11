//! Pages of listings: opaque tokens that are good for the question they were given for.

use std::collections::BTreeMap;

use super::Request;
use super::wire::Refusal;

/// The tokens given so far.
#[derive(Default)]
pub struct Pages(BTreeMap<String, (String, usize)>);

/// How many items a page has.
pub struct Size {
    /// The parameter's name.
    pub name: &'static str,
    pub usual: usize,
    pub largest: usize,
}

impl Pages {
    /// A page of a listing by the request's parameters, and the token of the next.
    pub fn page<T: Clone>(
        &mut self,
        request: &Request,
        size: &Size,
        all: &[T],
    ) -> Result<(Vec<T>, Option<String>), Refusal> {
        let given = match request.param(size.name) {
            None | Some("0") => size.usual,
            Some(n) => n
                .parse::<usize>()
                .map_err(|_| Refusal::invalid(format!("Invalid {}", size.name)))?
                .min(size.largest),
        };
        let aside = ["pageToken", "fields", size.name];
        let mut question: Vec<_> = request
            .query
            .iter()
            .filter(|(k, _)| !aside.contains(&k.as_str()))
            .collect();
        question.sort();
        let question = format!("{} {} {question:?}", request.id, request.path);
        self.cut(question, request.param("pageToken"), given, all)
    }

    /// The same where the token and the size came another way.
    pub fn cut<T: Clone>(
        &mut self,
        question: String,
        token: Option<&str>,
        size: usize,
        all: &[T],
    ) -> Result<(Vec<T>, Option<String>), Refusal> {
        let from = match token.filter(|t| !t.is_empty()) {
            None => 0,
            Some(token) => match self.0.get(token) {
                Some((asked, from)) if *asked == question => *from,
                _ => return Err(Refusal::invalid("Invalid pageToken")),
            },
        };
        let page: Vec<T> = all.iter().skip(from).take(size).cloned().collect();
        let next = from + page.len();
        if next >= all.len() {
            return Ok((page, None));
        }
        let token = format!("{:020}", 7_919 * (self.0.len() as u64 + 1));
        self.0.insert(token.clone(), (question, next));
        Ok((page, Some(token)))
    }
}
