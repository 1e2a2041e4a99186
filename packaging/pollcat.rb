# SPDX-License-Identifier: GPL-3.0-or-later

# brew install --build-from-source pollcat, with this file in a tap
class Pollcat < Formula
  desc "Netcat with a real prompt"
  homepage "https://example.org/pollcat/"
  url "https://example.org/pollcat/pollcat-0.1.0.tar.gz"
  license "GPL-3.0-or-later"

  depends_on "pkgconf" => :build
  depends_on "openssl@3"
  depends_on "readline"
  depends_on "wslay"

  def install
    system "./configure", *std_configure_args
    system "make", "install"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/pollcat --version")
    assert_equal "hello\n", pipe_output("#{bin}/pollcat --self-connect", "hello\n")
  end
end
