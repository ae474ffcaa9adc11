//! Text files as UTF-8, whichever of Unicode's forms they come in.

use std::io::{self, BufRead, Read};

use encoding_rs::{CoderResult, Decoder, UTF_16BE, UTF_16LE};

/// A file as UTF-8 without its mark: UTF-16 is known by the mark, or by the zeros in the first letter. What is neither
/// stays as it is.
pub struct Utf8<R> {
    source: R,
    started: bool,
    decoder: Option<Decoder>,
    ready: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<R: BufRead> Utf8<R> {
    pub fn new(source: R) -> Self {
        Utf8 {
            source,
            started: false,
            decoder: None,
            ready: Vec::new(),
            at: 0,
            ended: false,
        }
    }

    fn start(&mut self) -> io::Result<()> {
        self.started = true;
        let head = self.source.fill_buf()?;
        let (encoding, mark) = match head {
            [0xFF, 0xFE, ..] => (Some(UTF_16LE), 2),
            [0xFE, 0xFF, ..] => (Some(UTF_16BE), 2),
            [0xEF, 0xBB, 0xBF, ..] => (None, 3),
            [a, 0, b, 0, ..] if *a != 0 && *b != 0 => (Some(UTF_16LE), 0),
            [0, a, 0, b, ..] if *a != 0 && *b != 0 => (Some(UTF_16BE), 0),
            _ => (None, 0),
        };
        self.source.consume(mark);
        self.decoder = encoding.map(encoding_rs::Encoding::new_decoder_without_bom_handling);
        Ok(())
    }

    fn decode(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.at = 0;
        let Some(decoder) = &mut self.decoder else {
            return Ok(());
        };
        while self.ready.is_empty() && !self.ended {
            let bytes = self.source.fill_buf()?;
            let last = bytes.is_empty();
            let mut text = vec![0; 4 * bytes.len().clamp(16, 1 << 14)];
            let (result, read, written, _) = decoder.decode_to_utf8(bytes, &mut text, last);
            self.source.consume(read);
            text.truncate(written);
            self.ready = text;
            self.ended = last && result == CoderResult::InputEmpty;
        }
        Ok(())
    }
}

impl<R: BufRead> BufRead for Utf8<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if !self.started {
            self.start()?;
        }
        if self.decoder.is_none() {
            return self.source.fill_buf();
        }
        if self.at == self.ready.len() {
            self.decode()?;
        }
        Ok(&self.ready[self.at..])
    }

    fn consume(&mut self, amount: usize) {
        match self.decoder {
            None => self.source.consume(amount),
            Some(_) => self.at += amount,
        }
    }
}

impl<R: BufRead> Read for Utf8<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let ready = self.fill_buf()?;
        let count = ready.len().min(out.len());
        out[..count].copy_from_slice(&ready[..count]);
        self.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_reads_the_same() {
        let text = "Ada, Zoë, 日本 😀\r\n".repeat(3000);
        let wide = |mark: bool, big: bool| -> Vec<u8> {
            let mark = mark.then_some('\u{feff}').into_iter();
            let all: String = mark.chain(text.chars()).collect();
            let units = all.encode_utf16();
            match big {
                true => units.flat_map(u16::to_be_bytes).collect(),
                false => units.flat_map(u16::to_le_bytes).collect(),
            }
        };
        let plain = text.as_bytes().to_vec();
        let marked = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
        let forms = [
            wide(true, true),
            wide(true, false),
            wide(false, true),
            wide(false, false),
            plain,
            marked,
        ];
        for bytes in forms {
            let mut read = String::new();
            let source = io::BufReader::with_capacity(7, &bytes[..]);
            Utf8::new(source).read_to_string(&mut read).unwrap();
            assert_eq!(read, text);
        }
        let mut latin = Vec::new();
        Utf8::new(&b"caf\xe9"[..]).read_to_end(&mut latin).unwrap();
        assert_eq!(latin, b"caf\xe9");
    }
}
