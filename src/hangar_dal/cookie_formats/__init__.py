"""Convert browser cookies: Playwright's storage state from and to `cookies.txt`, `http.cookiejar` and httpx.

    state, lost = cookie_formats.from_netscape(text)

`session_cookies.cookies` holds Playwright's format: the object that `context.storage_state()` returns. Every function
converts from or to this format. `lost` is a list of sentences, one for each part that the target format cannot store. A
sentence names the cookie and the attribute, never a value. A file that cannot be read raises `InvalidValue` with the
line.
"""

from hangar_dal.cookie_formats.jars import from_cookie_jar as from_cookie_jar
from hangar_dal.cookie_formats.jars import to_cookie_jar as to_cookie_jar
from hangar_dal.cookie_formats.netscape import from_netscape as from_netscape
from hangar_dal.cookie_formats.netscape import to_netscape as to_netscape
from hangar_dal.cookie_formats.storage_state import expiry_of as expiry_of
from hangar_dal.cookie_formats.storage_state import from_storage_state as from_storage_state
from hangar_dal.cookie_formats.storage_state import to_storage_state as to_storage_state
