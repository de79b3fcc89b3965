"""What files tell of their makers is taken out, and hostile ones do no harm."""

from __future__ import annotations

import io
import zipfile

import pikepdf
import pytest
from openpyxl import Workbook
from openpyxl.comments import Comment
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from handlers import cleaning, filetypes
from tests.pdf import BLANK
from workflows.errors import InvalidInput

MAKER = "虚构制作人"
DEVICE = "FICTION-CAM-7"


def picture(kind: str, *, turned: bool = False) -> bytes:
    """Return a photograph with everything in it that telephones write."""
    exif = Image.Exif()
    exif[0x010F], exif[0x9C9D], exif[0x0112] = DEVICE, MAKER.encode("utf-16-le"), 6 if turned else 1
    exif.get_ifd(0x8825)[1] = "N"
    text, sent = PngInfo(), io.BytesIO()
    text.add_text("Author", DEVICE)
    text.add_itxt("XML:com.adobe.xmp", f"<x>{MAKER}</x>")
    options = {"pnginfo": text} if kind == "PNG" else {"comment": DEVICE.encode(), "quality": 88}
    Image.linear_gradient("L").convert("RGB").resize((96, 64)).save(sent, kind, exif=exif, **options)
    return sent.getvalue() + (DEVICE.encode() if kind == "JPEG" else b"")


def pdf(**options: object) -> bytes:
    sent = io.BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page()
        made.docinfo["/Author"] = DEVICE
        made.attachments["a.txt"] = DEVICE.encode()
        remark = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, Rect=[0, 0, 9, 9], T=DEVICE
        )
        made.pages[0].Annots = made.make_indirect(pikepdf.Array([remark]))
        with made.open_metadata() as metadata:
            metadata["dc:creator"] = [MAKER]
        made.save(sent, compress_streams=False, **options)
    return sent.getvalue()


def workbook() -> bytes:
    book, sent, shown = Workbook(), io.BytesIO(), io.BytesIO(picture("JPEG"))
    book.properties.creator = book.properties.lastModifiedBy = MAKER
    book.active["A1"] = "正文"
    book.active["A1"].comment = Comment("说明", DEVICE)
    book.save(sent)
    with zipfile.ZipFile(sent, "a") as more:
        more.writestr("xl/media/image1.jpeg", shown.getvalue())
        more.writestr("docProps/custom.xml", f"<Properties>{MAKER}</Properties>")
    return sent.getvalue()


def inside(content: bytes) -> bytes:
    """Return all that can be read of a file, unpacked where it is packed."""
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return b"\n".join(packed.read(name) for name in packed.namelist())
    if content.startswith(b"%PDF"):
        with pikepdf.open(io.BytesIO(content)) as opened:
            streams = [one.read_bytes() for one in opened.objects if isinstance(one, pikepdf.Stream)]
            return content + b"\n".join(streams) + "\n".join(map(repr, opened.objects)).encode()
    return content


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        (picture("JPEG"), {"camera", "note", "place"}),
        (picture("JPEG", turned=True), {"camera", "note", "place"}),
        (picture("PNG"), {"author", "camera", "place"}),
        (pdf(), {"attached", "author", "remarks"}),
        (workbook(), {"author", "remarks", "time"}),
    ],
    ids=["jpeg", "turned", "png", "pdf", "sheet"],
)
def test_what_tells_of_the_maker_is_taken_out(sent: bytes, says: set[str]) -> None:
    assert DEVICE.encode() in inside(sent)
    found = cleaning.clean(sent, "材料")
    assert found.media_type == filetypes.of(found.content) == filetypes.of(sent)
    assert set((found.said or {})["removed"]) >= says
    for mark in (DEVICE.encode(), MAKER.encode(), MAKER.encode("utf-16-le"), MAKER.encode("utf-16-be")):
        assert mark not in inside(found.content)
    again = cleaning.clean(found.content, "材料")
    assert (again.said or {})["removed"] in ([], ["camera"])


def test_turned_pictures_stay_upright_and_others_keep_their_pixels() -> None:
    sent = {turned: picture("JPEG", turned=turned) for turned in (True, False)}
    shown = {turned: Image.open(io.BytesIO(cleaning.clean(one, "x").content)) for turned, one in sent.items()}
    assert (shown[True].size, shown[False].size) == ((64, 96), (96, 64))
    assert (
        max(
            b - a
            for a, b in zip(
                Image.open(io.BytesIO(sent[False])).tobytes(), shown[False].tobytes(), strict=True
            )
        )
        < 6
    )


def signed() -> bytes:
    sent = io.BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page()
        made.Root.AcroForm = pikepdf.Dictionary(Fields=[], SigFlags=3)
        made.save(sent)
    return sent.getvalue()


def bomb(said: int = 0x7FFFFFFF) -> bytes:
    """Return a document whose part says that it unpacks to so many bytes."""
    sent = io.BytesIO()
    with zipfile.ZipFile(sent, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", b"0" * 1_000_000)
    content, directory = sent.getvalue(), sent.getvalue().index(b"PK\x01\x02") + 24
    return content[:directory] + said.to_bytes(4, "little") + content[directory + 4 :]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: pdf(encryption=pikepdf.Encryption(owner="o", user="u")), "file_locked"),
        (lambda: b"%PDF-1.7 nonsense", "file_broken"),
        (lambda: picture("JPEG")[:200], "file_broken"),
        (lambda: b"\x89PNG\r\n\x1a\n", "file_broken"),
        (bomb, "file_bomb"),
        (lambda: bomb(1000), "file_broken"),
        (lambda: _wide(), "file_pixels"),
    ],
    ids=["locked", "no_pdf", "cut_off", "no_png", "says_much", "says_little", "pixels"],
)
def test_what_cannot_be_taken_in_is_refused_with_its_name(make: object, says: str) -> None:
    with pytest.raises(InvalidInput, match=r"照片\.jpg") as refused:
        cleaning.clean(make(), "照片.jpg")  # type: ignore[operator]
    assert refused.value.code == says


def test_what_cannot_be_cleaned_says_so() -> None:
    kinds = {"kind": b"GIF89a" + b"\0" * 20, "signed": signed()}
    for why, sent in kinds.items():
        found = cleaning.clean(sent, "x")
        assert (found.content, found.said) == (sent, {"kept": why})
    assert cleaning.clean("正文".encode(), "x").said is None
    assert cleaning.clean(BLANK, "x").content == BLANK
    assert (cleaning.cleans(kinds["kind"]), cleaning.cleans(kinds["signed"])) == (False, True)


def _wide() -> bytes:
    sent = io.BytesIO()
    Image.new("1", (16_000, 8_000)).save(sent, "PNG")
    return sent.getvalue()
