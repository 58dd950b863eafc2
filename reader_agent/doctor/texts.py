"""What the doctor says: what was seen, and how it is mended, Vietnamese and English."""

from __future__ import annotations

from dataclasses import dataclass

from reader_agent.doctor.finding import Sign


@dataclass(frozen=True, slots=True)
class SignText:
    """A finding in words.

    Args:
        vi: what was seen, in Vietnamese.
        en: what was seen, in English.
        fix_vi: what to do; empty where nothing is to be done.
        fix_en: the same in English.
    """

    vi: str
    en: str
    fix_vi: str = ""
    fix_en: str = ""


_S = Sign
SIGN_TEXTS: dict[Sign, SignText] = {
    _S.CONFIG_GOOD: SignText("Cấu hình đúng", "the configuration is right"),
    _S.CONFIG_WRONG: SignText(
        "Cấu hình sai", "the configuration is wrong",
        "Sửa mục và dòng nêu trên trong agent.toml",
        "Correct the entry and line named above in agent.toml",
    ),
    _S.PYSCARD_MISSING: SignText(
        "Chưa cài pyscard", "pyscard is not installed",
        "Cài lại bằng scripts/install-agent.sh", "Install again with scripts/install-agent.sh",
    ),
    _S.PCSC_NOT_RUNNING: SignText(
        "Dịch vụ PC/SC không chạy", "the PC/SC service is not running",
        "sudo systemctl enable --now pcscd.socket (Windows: bật dịch vụ “Smart Card”)",
        "sudo systemctl enable --now pcscd.socket (Windows: start the service “Smart Card”)",
    ),
    _S.PCSC_REFUSED: SignText(
        "PC/SC không cho phép dùng đầu đọc", "PC/SC does not let us use readers",
        "Cài packaging/polkit/50-cardsvc-pcsc.rules vào /etc/polkit-1/rules.d/ và chạy bằng tài "
        "khoản cardsvc-agent",
        "Install packaging/polkit/50-cardsvc-pcsc.rules in /etc/polkit-1/rules.d/ and run as the "
        "user cardsvc-agent",
    ),
    _S.NO_READER: SignText(
        "Không có đầu đọc", "there is no reader",
        "Cắm đầu đọc, đổi cổng hoặc cáp USB", "Plug a reader in; try another port or cable",
    ),
    _S.DRIVER_MISSING: SignText(
        "Có đầu đọc cắm vào máy nhưng PC/SC không thấy",
        "a reader is plugged in that PC/SC does not see",
        "sudo apt install libccid, rồi sudo systemctl restart pcscd",
        "sudo apt install libccid, then sudo systemctl restart pcscd",
    ),
    _S.READER_CAP: SignText(
        "Đã đến giới hạn số đầu đọc; có thể còn đầu đọc không thấy được",
        "the cap of readers is reached; some may not be seen",
        "Chuyển bớt đầu đọc sang máy khác hoặc dùng pcsc-lite 2.5 trở lên",
        "Move readers to another machine, or use pcsc-lite 2.5 or newer",
    ),
    _S.READERS_GOOD: SignText("Đầu đọc sẵn sàng", "the readers are there"),
    _S.READER_ABSENT: SignText(
        "Không thấy đầu đọc đã cấu hình", "a configured reader is not there",
        "Cắm đầu đọc, hoặc sửa match trong agent.toml theo tên mà reader-agent readers liệt kê",
        "Plug it in, or correct match in agent.toml by the names that reader-agent readers lists",
    ),
    _S.READER_AMBIGUOUS: SignText(
        "Nhiều đầu đọc cùng khớp một mục cấu hình", "several readers match one entry",
        "Ghi tên đầy đủ của đầu đọc vào match trong agent.toml",
        "Put the reader's whole name into match in agent.toml",
    ),
    _S.READER_BUSY: SignText(
        "Chương trình khác đang giữ thẻ trong đầu đọc",
        "another program keeps the card in a reader",
        "Đóng chương trình đó (phần mềm ký số, trình duyệt), hoặc rút thẻ ra cắm lại",
        "Close it (signing software, a browser), or take the card out and put it in again",
    ),
    _S.ROLE_WITHOUT_READER: SignText(
        "Có mục cho việc này mà không đầu đọc nào có role đó: trang sẽ báo tạm ngừng phục vụ",
        "there is a section for this, and no reader of that role: its page stays out of service",
        "Thêm [[readers]] với role đó vào agent.toml (tên: reader-agent readers), hoặc bỏ mục đó",
        "Add [[readers]] of that role to agent.toml (names: reader-agent readers), or take the "
        "section out",
    ),
    _S.READER_WITHOUT_USE: SignText(
        "Đầu đọc đã cấu hình mà không việc nào dùng: đưa thẻ vào sẽ không có gì xảy ra",
        "a configured reader that nothing uses: nothing happens to a card in it",
        "Thêm mục [kiosk], [counter] hoặc [[doors]] cho role của nó vào agent.toml, hoặc sửa role",
        "Add [kiosk], [counter] or [[doors]] for its role to agent.toml, or correct its role",
    ),
    _S.PIN_PAD_GOOD: SignText(
        "Đầu đọc có bàn phím PIN riêng", "a reader has a PIN pad of its own"
    ),
    _S.NOT_ENROLLED: SignText(
        "Thiết bị chưa đăng ký", "the device is not enrolled",
        "Xin mã bằng cardsvc agent invite, rồi reader-agent enrol --config agent.toml",
        "Get a code with cardsvc agent invite, then reader-agent enrol --config agent.toml",
    ),
    _S.IDENTITY_EXPOSED: SignText(
        "Người khác đọc được khóa của thiết bị, hoặc ta không đọc được",
        "others can read the device's key, or we can't",
        "chmod 600 và chown về tài khoản của tác nhân; nếu khóa có thể đã lộ, đăng ký lại",
        "chmod 600 and chown to the agent's user; enrol again if the key may be known",
    ),
    _S.IDENTITY_BROKEN: SignText(
        "Tệp khóa của thiết bị hỏng", "the device's key file is broken",
        "Xóa tệp identity.pem và đăng ký lại", "Delete identity.pem and enrol again",
    ),
    _S.TOKEN_UNREADABLE: SignText(
        "Không đọc được tệp mã truy cập", "the token's file can't be read",
        "Kiểm tra service.token_file, hoặc đăng ký bằng khóa: reader-agent enrol",
        "Check service.token_file, or enrol with a key: reader-agent enrol",
    ),
    _S.CERTIFICATE_EXPIRED: SignText(
        "Chứng thư của thiết bị đã hết hạn", "the device's certificate has expired",
        "Xin mã mới bằng cardsvc agent invite và đăng ký lại",
        "Get a new code with cardsvc agent invite and enrol again",
    ),
    _S.CERTIFICATE_NEAR: SignText(
        "Chứng thư của thiết bị sắp hết hạn mà chưa gia hạn",
        "the device's certificate ends soon and is not renewed",
        "Để tác nhân chạy và nối được máy chủ: nó tự gia hạn",
        "Let the agent run and reach the service: it renews by itself",
    ),
    _S.IDENTITY_GOOD: SignText("Danh tính thiết bị đúng", "the device's identity is right"),
    _S.DATA_FORBIDDEN: SignText(
        "Tài khoản này không được dùng thư mục dữ liệu của tác nhân",
        "this user may not use the agent's data folder",
        "Chạy bằng tài khoản của tác nhân: sudo -u cardsvc-agent …; nếu đã là tài khoản đó, sửa "
        "chủ sở hữu của agent.state_dir",
        "Run it as the agent's user: sudo -u cardsvc-agent …; if that is who you are, mend the "
        "owner of agent.state_dir",
    ),
    _S.DISK_READONLY: SignText(
        "Không ghi được vào thư mục dữ liệu", "the data folder can't be written",
        "Kiểm tra ổ đĩa đầy hoặc chỉ đọc, và chủ sở hữu của agent.state_dir",
        "Look for a disk that is full or read-only, and at the owner of agent.state_dir",
    ),
    _S.DISK_LOW: SignText(
        "Ổ đĩa sắp đầy", "the disk is nearly full",
        "Giải phóng ổ đĩa: sự kiện chưa gửi được giữ ở đó",
        "Free some space: events that are not sent are kept there",
    ),
    _S.DISK_GOOD: SignText("Ổ đĩa ghi được", "the disk can be written"),
    _S.OUTBOX_BROKEN: SignText(
        "Không đọc được hộp thư sự kiện", "the outbox can't be read",
        "Khởi động lại tác nhân: nó cất tệp hỏng và báo cho máy chủ",
        "Restart the agent: it puts a damaged file aside and tells the service",
    ),
    _S.OUTBOX_BACKLOG: SignText(
        "Nhiều sự kiện chưa gửi được", "many events are not sent yet",
        "Kiểm tra kết nối; nếu vẫn còn, xem cảnh báo của thiết bị ở máy chủ",
        "Check the connection; if they stay, look at the agent's alarms at the service",
    ),
    _S.OUTBOX_GOOD: SignText("Sự kiện đã gửi", "the events are sent"),
    _S.DNS_FAILED: SignText(
        "Không tìm thấy tên máy chủ", "the service's name is not found",
        "Kiểm tra service.url và DNS của máy", "Check service.url and this machine's DNS",
    ),
    _S.TCP_FAILED: SignText(
        "Không nối được máy chủ", "the service can't be reached",
        "Kiểm tra mạng, tường lửa và cổng trong service.url",
        "Check the network, the firewall and the port in service.url",
    ),
    _S.CA_UNREADABLE: SignText(
        "Không đọc được CA của máy chủ (service.ca_file)",
        "the service's TLS authority (service.ca_file) can't be read",
        "Đặt tệp PEM của CA vào đúng đường dẫn đó, để tài khoản của tác nhân đọc được; hoặc bỏ mục "
        "này nếu máy chủ dùng CA công khai",
        "Put the authority's PEM file there, readable by the agent's user; or take the entry out "
        "if the service has a public one",
    ),
    _S.TLS_UNTRUSTED: SignText(
        "Chứng thư TLS của máy chủ không được tin", "the service's TLS certificate is not trusted",
        "Đặt service.ca_file là CA của máy chủ; kiểm tra đồng hồ của máy này",
        "Set service.ca_file to the service's authority; check this machine's clock",
    ),
    _S.TLS_FAILED: SignText(
        "Máy chủ không nói TLS ở cổng này", "there is no TLS at that port",
        "Kiểm tra cổng và proxy trước máy chủ",
        "Check the port and the proxy in front of the service",
    ),
    _S.SIGN_IN_REFUSED: SignText(
        "Máy chủ từ chối thiết bị này", "the service refuses this device",
        "Xem cardsvc agent list; nếu đã bị ngắt, xin mã mới và đăng ký lại",
        "Look at cardsvc agent list; if it was shut out, get a new code and enrol again",
    ),
    _S.SERVICE_FAILED: SignText(
        "Máy chủ trả lời lỗi", "the service answers with an error",
        "Xem nhật ký của máy chủ, /readyz và proxy",
        "Look at the service's log, /readyz and the proxy",
    ),
    _S.CLOCK_OFF: SignText(
        "Đồng hồ của máy lệch với máy chủ", "this machine's clock differs from the service's",
        "Bật đồng bộ giờ: sudo timedatectl set-ntp true",
        "Turn time synchronisation on: sudo timedatectl set-ntp true",
    ),
    _S.SERVICE_GOOD: SignText("Máy chủ trả lời", "the service answers"),
}  # fmt: skip
